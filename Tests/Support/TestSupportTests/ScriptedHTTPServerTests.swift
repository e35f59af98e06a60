import GitValues
import TestSupport
import Testing

@Suite struct ScriptedHTTPServerTests {
  private func curl(_ arguments: String...) throws -> ProcessOutcome {
    try ChildProcess("curl", ["-sS", "--max-time", "20"] + arguments).outcome()
  }

  @Test("answers come by path and in order; the last one stays")
  func inOrder() throws {
    let server = try ScriptedHTTPServer(["/a": [ScriptedAnswer(503, "busy"), ScriptedAnswer(200, "fine")]])
    #expect(try curl(server.url("/a"), server.url("/a?q"), server.url("/a")).text == "busyfinefine")
    #expect(try curl("-o", "/dev/null", "-w", "%{http_code}", server.url("/b")).text == "404")
    #expect(server.requests.map(\.target) == ["/a", "/a?q", "/a", "/b"])
  }

  @Test("bodies of requests are read, with a length or in chunks")
  func bodies() throws {
    let server = try ScriptedHTTPServer { ScriptedAnswer(200, "\($0.body.count)") }
    let big = String(repeating: "x", count: 5000)
    #expect(try curl("-d", big, server.base).text == "5000")
    #expect(try curl("-d", big, "-H", "Transfer-Encoding: chunked", server.base).text == "5000")
  }

  @Test("a body can be made as it is sent, lie about its length, or end early")
  func shapes() throws {
    let server = try ScriptedHTTPServer([
      "/made": [
        ScriptedAnswer(
          200, parts: [.generated { $0 < 100 ? [UInt8](repeating: 7, count: 10_000) : nil }], framing: .chunked)
      ],
      "/short": [ScriptedAnswer(200, parts: [.bytes([1, 2]), .cut], framing: .declared(10))],
      "/reset": [ScriptedAnswer(200, parts: [.bytes([1, 2]), .reset], framing: .declared(10))],
      "/close": [ScriptedAnswer(200, parts: [.bytes([1, 2])], framing: .untilClose)],
      "/raw": [ScriptedAnswer(0, parts: [.bytes(Array("nonsense\r\n".utf8))], framing: .raw)],
    ])
    #expect(try curl(server.url("/made")).output.count == 1_000_000)
    #expect(try curl(server.url("/short")).status == 18)
    #expect(try curl(server.url("/reset")).status == 56)
    #expect(try curl(server.url("/close")).output == [1, 2])
    #expect(try curl(server.url("/raw")).isSuccess == false)
  }

  @Test("git clones from a scripted repository, when the pack is good")
  func clonesScripted() throws {
    try withTemporaryDirectory { directory in
      let pack = BadPack.good
      let server = try ScriptedHTTPServer(
        GitAnswers.repository(
          refs: ["\(pack.tip.hex) HEAD symref-target:refs/heads/main", "\(pack.tip.hex) refs/heads/main"],
          pack: pack.bytes))
      try GitCommand().run("clone", "-q", "--mirror", server.url("/r.git"), directory.path("r.git"))
      #expect(try GitCommand().refs(directory.path("r.git")) == ["refs/heads/main": pack.tip.hex])
      #expect(try GitCommand().fsck(directory.path("r.git")) == [])
      #expect(server.requests.count == 3)
    }
  }

  @Test("git lists a version 0 advertisement")
  func versionZero() throws {
    let oid = BadPack.good.tip.hex
    let server = try ScriptedHTTPServer { _ in GitAnswers.version0(["\(oid) HEAD", "\(oid) refs/heads/main"]) }
    #expect(try GitCommand().lsRemote(server.url("/r.git")) == ["\(oid)\tHEAD", "\(oid)\trefs/heads/main"])
  }
}
