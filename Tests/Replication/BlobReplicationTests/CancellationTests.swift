import BlobReplication
import Foundation
import Glibc
import Replication
import TestSupport
import Testing
import WorkerPool

@Suite("A sync of a file that is cancelled", .timeLimit(.minutes(5)))
struct CancellationTests {
  @Test("ends, keeps the copy, and the next one goes on", arguments: ["head", "body"])
  func cancelled(phase: String) async throws {
    let fixture = try BlobFixture()
    let content = BlobFixture.content(300_000)
    try fixture.put([1, 2, 3], at: "file")
    let answers = RangeAnswers(content: content)
    let server = try ScriptedHTTPServer { request in
      if request.headers["range"] != nil { return answers.answer(request) }
      if request.connection > 0 { return answers.whole }
      return phase == "head"
        ? ScriptedAnswer(200, parts: [.stall], framing: .raw)
        : ScriptedAnswer(
          200, headers: answers.headers, parts: [.bytes(Array(content.prefix(100_000))), .stall],
          framing: .declared(content.count))
    }
    let request = SyncRequest(
      id: try ReplicableID("file"), source: SourceAddress(location: server.url("/f")),
      expected: BlobFixture.checksum(content))
    let strategy = fixture.strategy()
    let task = Task { try await strategy.sync(request) }
    #expect(try await OwnThread.run { server.wait(forRequests: 1) })
    if phase == "body" {
      let part = fixture.path(".remora-file.part")
      try await OwnThread.run {
        while (try FileManager.default.attributesOfItem(atPath: part)[.size] as? Int) != 100_000 { sched_yield() }
      }
    }
    task.cancel()
    let error = try await strategyError { _ = try await task.value }
    #expect(error.code == .cancelled && error.disposition == .host)
    #expect(try fixture.bytes("file") == [1, 2, 3])
    let report = try await strategy.sync(request)
    #expect(report.bytes == (phase == "body" ? 200_000 : 300_000))
    #expect(try fixture.bytes("file") == content)
    #expect(try fixture.names() == ["file"])
  }

  @Test("before it begins does nothing") func before() async throws {
    let fixture = try BlobFixture()
    let source = try fixture.source([1])
    let strategy = fixture.strategy()
    let id = try ReplicableID("file")
    let gate = Monitor(false)
    let task = Task {
      _ = try await OwnThread.run { gate.wait(atMost: .seconds(30)) { $0 } }
      return try await strategy.sync(SyncRequest(id: id, source: source))
    }
    task.cancel()
    gate.with { $0 = true }
    #expect(try await strategyError { _ = try await task.value }.code == .cancelled)
    #expect(try fixture.names() == [])
  }
}
