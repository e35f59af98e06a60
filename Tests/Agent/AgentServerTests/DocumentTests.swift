import AgentAPI
import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import AgentServer

@Suite("The API's document")
struct DocumentTests {
  @Test("types are returned as they are written")
  func schemas() throws {
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(try APIDocument.bytes())) as? [String: Any])
    let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]])
    let row = try #require(schemas["RegistryRow"])
    let properties = try #require(row["properties"] as? [String: [String: Any]])
    #expect(properties["model_record_id"]?["type"] as? String == "string")
    #expect(properties["retry_count"]?["type"] as? String == "integer")
    #expect(properties["checksum_mismatch"]?["type"] as? String == "boolean")
    let required = try #require(row["required"] as? [String])
    #expect(required.contains("state") && !required.contains("last_sync_failure"))
    let kinds = try #require((schemas["StatusRow"]?["properties"] as? [String: [String: Any]])?["kinds"])
    #expect((kinds["items"] as? [String: Any])?["$ref"] as? String == "#/components/schemas/StatusRowKindRow")
    let states = try #require((schemas["StatusRowKindRow"]?["properties"] as? [String: [String: Any]])?["states"])
    #expect((states["additionalProperties"] as? [String: Any])?["type"] as? String == "integer")
  }

  @Test("a path has its methods, and no other spelling of it has any")
  func methods() {
    #expect(RouteTable.methods(of: "/api/v1/events") == ["GET", "HEAD", "POST"])
    #expect(RouteTable.methods(of: "/api/v1/kinds/any/trash") == ["GET", "HEAD", "POST"])
    #expect(RouteTable.methods(of: "/api/v1/promotion") == ["POST"])
    #expect(RouteTable.methods(of: "/api/v1/nothing").isEmpty && RouteTable.methods(of: "//api/v1/events").isEmpty)
    #expect(RouteTable.operation(for: .head, "/")?.role == .page)
    #expect(RouteTable.operation(for: .get, "/git/a/b.git/info/refs")?.role == .siteOrReader)
    #expect(RouteTable.operation(for: .get, "/git") == nil && RouteTable.operation(for: .put, "/git/a/b") == nil)
  }

  @Test("a route that is not declared, and a declared operation without a route, fail the start")
  func registrations() throws {
    let router = Router(context: AgentContext.self, options: .autoGenerateHeadEndpoints)
    let declared = AgentOperation.all.filter { $0.path == .epoch }
    for operation in declared { router.answer(operation.method, operation.path) { _, _ in Response(status: .ok) } }
    try RouteTable.check(router, has: declared)
    router.post("/api/v1/kinds/{kind}/more") { _, _ in Response(status: .ok) }
    #expect(throws: RouteTable.Mismatch(undeclared: ["POST /api/v1/kinds/{kind}/more"], unanswered: [])) {
      try RouteTable.check(router, has: declared)
    }
    let more = AgentOperation.all.filter { $0.path == .epoch || $0.path == .health }
    #expect(
      throws: RouteTable.Mismatch(
        undeclared: ["POST /api/v1/kinds/{kind}/more"], unanswered: ["GET /healthz"])
    ) { try RouteTable.check(router, has: more) }
  }

  @Test("the document has each operation of the API, with its role, and no other")
  func operations() throws {
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(try APIDocument.bytes())) as? [String: Any])
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    let described = AgentOperation.all.filter { $0.area == .api }
    #expect(described.count == paths.values.reduce(0) { $0 + $1.count })
    for operation in described {
      let found = paths[operation.path.rawValue]?[operation.method.rawValue]
      #expect(found?["x-remora-role"] as? String == operation.role.rawValue)
      #expect((found?["requestBody"] != nil) == (operation.description?.body != nil))
    }
  }
}
