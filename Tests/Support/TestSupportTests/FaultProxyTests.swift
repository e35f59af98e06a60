import Foundation
import TestSupport
import Testing

/// What curl, a client that we did not write, makes of the faults.
@Suite struct FaultProxyTests {
  /// 1,000 bytes of pkt-lines: ten packets of 100.
  private static let body = (0..<10).flatMap { PacketText.packet([UInt8](repeating: UInt8($0) + 65, count: 96)) }

  private func server(chunked: Bool = false) throws -> ScriptedHTTPServer {
    let answer = ScriptedAnswer(200, parts: [.bytes(Self.body)], framing: chunked ? .chunked : .length)
    return try ScriptedHTTPServer(["/x": [answer]])
  }

  private func curl(_ port: UInt16, times: Int = 1, limit: String = "20") throws -> ProcessOutcome {
    let urls = [String](repeating: "http://127.0.0.1:\(port)/x", count: times)
    return try ChildProcess("curl", ["-sS", "--max-time", limit] + urls).outcome()
  }

  @Test("without a script all passes and is counted")
  func passes() throws {
    let server = try server()
    let proxy = try FaultProxy(to: server.port)
    #expect(try curl(proxy.port, times: 3).output == Self.body + Self.body + Self.body)
    #expect(proxy.connectionCount == 1)
    #expect(server.connectionCount == 1)
    #expect(server.requests.count == 3)
    #expect(proxy.bytes.toClient > 3_000)
  }

  @Test("it cuts at a pkt-line border of a later answer", arguments: [false, true])
  func cutsAtPacket(chunked: Bool) throws {
    let server = try server(chunked: chunked)
    let proxy = try FaultProxy(to: server.port, scripts: [[.passResponses(1), .passPackets(3), .cut]])
    let outcome = try curl(proxy.port, times: 2)
    #expect(outcome.output == Self.body + Self.body.prefix(300))
    #expect(outcome.status == 18, "curl's number for a transfer that ended early")
  }

  @Test("it cuts after a number of bytes, and resets")
  func cutsAtByte() throws {
    let server = try server()
    let proxy = try FaultProxy(to: server.port, scripts: [[.passBytes(10), .cut], [.passBytes(10), .reset]])
    #expect(try curl(proxy.port).isSuccess == false)
    #expect(try curl(proxy.port).status == 56, "curl's number for a connection that was reset")
    #expect(try curl(proxy.port).output == Self.body)
  }

  @Test("it replaces bytes once, wherever they lie")
  func replaces() throws {
    let server = try server()
    let proxy = try FaultProxy(to: server.port, otherwise: [.replace(Array("BBBB".utf8), with: Array("bbbb".utf8))])
    var expected = Self.body
    expected.replaceSubrange(104..<108, with: Array("bbbb".utf8))
    #expect(try curl(proxy.port).output == expected)
  }

  @Test("it stalls until the client closes the connection, and stops at once")
  func stalls() throws {
    let proxy = try FaultProxy(to: nil, otherwise: [.stall])
    #expect(try curl(proxy.port, limit: "0.2").status == 28, "curl's number for a time-out")
    let child = try ChildProcess("curl", ["-sS", "http://127.0.0.1:\(proxy.port)/x"])
    #expect(child.waitUntil { proxy.connectionCount == 2 })
    proxy.stop()
    #expect(try child.outcome().isSuccess == false)
  }

  @Test("it answers for itself, drips and delays")
  func answers() throws {
    let canned = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".utf8)
    let proxy = try FaultProxy(to: nil, otherwise: [.answer(canned), .cut])
    #expect(try curl(proxy.port).text == "hi")
    let server = try server()
    let slow = try FaultProxy(
      to: server.port, otherwise: [.delay(.milliseconds(1)), .passBytes(1000), .drip(every: .microseconds(10))])
    #expect(try curl(slow.port).output == Self.body)
  }

  @Test("what later connections do can be changed")
  func follows() throws {
    let server = try server()
    let proxy = try FaultProxy(to: server.port)
    #expect(try curl(proxy.port).isSuccess)
    proxy.follow([[.cut]])
    #expect(try curl(proxy.port).isSuccess == false)
    #expect(try curl(proxy.port).isSuccess)
  }
}
