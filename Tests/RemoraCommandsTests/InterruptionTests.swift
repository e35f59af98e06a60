import Foundation
import TestSupport
import Testing

@Suite("Ctrl-C")
struct InterruptionTests {
  @Test(
    "in a slow transfer ends the run at once with 130 and the copy as it was", arguments: [SIGINT, SIGTERM],
    [true, false])
  func slowTransfer(signal: Int32, isFirstCopy: Bool) async throws {
    try await withWorkbench { bench in
      if !isFirstCopy { try await bench.mirror() }
      let before = isFirstCopy ? [:] : try bench.contentsOfCopy()
      try bench.source.change { builder in
        builder.branch("big", at: builder.commit(["big": .random(3_000_000, seed: 5)]))
        builder.deleteRef("refs/pull/1/head")
      }
      let server = try GitHTTPServer(root: bench.root)
      let proxy = try FaultProxy(to: server.port, otherwise: [.passResponses(2), .passBytes(300_000), .stall])
      let url = "http://127.0.0.1:\(proxy.port)/source.git"
      let arguments = isFirstCopy ? ["mirror", url, bench.copy] : ["mirror", url, bench.copy, "--adopt"]
      let run = try RemoraBinary.start(arguments)
      let isUnderWay = try await OwnThread.run { run.waitUntil { proxy.bytes.toClient > 250_000 } }
      try #require(isUnderWay, "\(run.errorsSoFar)")
      let sent = ContinuousClock.now
      run.send(signal: signal)
      let outcome: ProcessOutcome = try await run.outcome()
      // The signal ended it, not the minute of silence after which it would have given up. (Alone on a machine it takes
      // some 20 ms; beside a hundred other tests on two cores, seconds.)
      #expect(ContinuousClock.now - sent < .seconds(30))
      #expect(outcome.status == 130)
      if isFirstCopy {
        #expect(try TemporaryDirectory.files(below: bench.directory.path).allSatisfy { $0.hasPrefix("served/") })
      } else {
        let after = try bench.contentsOfCopy()
        for name in before.keys.sorted() where name != "remora/lock" {
          #expect(after[name] == before[name], "\(name)")
        }
        #expect(try GitCommand().fsck(bench.copy) == [])
      }
      let next = try await bench.remora("mirror", server.url("source.git"), bench.copy, "--adopt")
      #expect(next.isSuccess, "\(next.errorText)")
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
      #expect(try TemporaryDirectory.leftovers(below: bench.directory.path) == [])
      #expect(!FileManager.default.fileExists(atPath: "\(bench.copy)/remora/staging"))
    }
  }
}
