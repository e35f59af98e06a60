import Testing

@testable import AgentAPI

@Suite struct AgentRouteTests {
  @Test func `a query is encoded, and leaves out what has no value`() {
    let path = AgentRoute.path(AgentRoute.events, [("after", "a:1:b c/é"), ("limit", nil), ("wait", "25")])
    #expect(path == "/api/v1/events?after=a%3A1%3Ab%20c%2F%C3%A9&wait=25")
  }

  @Test func `an id keeps its slashes and loses nothing else`() {
    #expect(
      AgentRoute.git("project_repository", "group/a b%2F?#.wiki")
        == "/git/project_repository/group/a%20b%252F%3F%23.wiki.git")
    #expect(AgentRoute.blob("asset", "x/y.tar.gz") == "/blobs/asset/x/y.tar.gz")
  }

  @Test func `values survive the wire, and unknown keys are passed over`() throws {
    let notice = EventNotice(
      event: .known(.push), replicableName: "project_repository", id: "a/b",
      changes: [RefMoveRow(old: "0", new: "1", ref: "refs/heads/main")], correlationId: "c-1")
    let bytes = try AgentJSON.encode(notice)
    #expect(String(decoding: bytes, as: UTF8.self).contains("\"correlation_id\":\"c-1\""))
    #expect(try AgentJSON.decode(EventNotice.self, from: bytes) == notice)
    let newer = #"{"event":"update","replicable_name":"k","id":"x","since":"tomorrow"}"#
    #expect(try AgentJSON.decode(EventNotice.self, from: newer.utf8).id == "x")
  }

  @Test func `a fault's status is not part of its body`() throws {
    let body = try AgentJSON.encode(AgentFault.Body(error: AgentFault(409, "forked", "no", hint: "reconcile")))
    #expect(String(decoding: body, as: UTF8.self) == #"{"error":{"code":"forked","hint":"reconcile","message":"no"}}"#)
  }

  @Test func `each path has an operation, and no operation is declared twice`() {
    let names = AgentOperation.all.map { "\($0.method.rawValue) \($0.path.rawValue)" }
    #expect(Set(names).count == names.count)
    #expect(Set(AgentOperation.all.map(\.path)) == Set(AgentPath.allCases))
    #expect(AgentOperation.all.allSatisfy { ($0.area == .api) == ($0.description != nil) })
    #expect(AgentOperation.declared(.post, .status) == nil)
  }

  @Test func `a path's variable part is filled, and encoded`() {
    #expect(AgentPath.trash.of("a/b c") == "/api/v1/kinds/a%2Fb%20c/trash" && AgentPath.trash.variables == ["kind"])
    #expect(AgentPath.nodeStatusOfSite.of("oslo") == "/geo_nodes/oslo/status" && AgentPath.page.variables == [])
    for path in AgentPath.allCases where path.variables == ["kind"] {
      let parts = AgentPath.parts(of: path.of("x"))
      #expect(AgentOperation.all.contains { $0.path == path && $0.matches(parts ?? []) })
    }
  }
}
