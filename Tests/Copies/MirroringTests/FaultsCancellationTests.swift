import DurableFiles
import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("A run that is cancelled", .timeLimit(.minutes(10))) struct FaultsCancellationTests {
  @Test("leaves the old state or the new one, at any phase", arguments: MirrorPhase.allCases, SourceTransport.allCases)
  func atPhase(phase: MirrorPhase, transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      // A stray, so that there is something to fold.
      try harness.copy.run("update-ref", "refs/heads/stray", source.oid("main").hex)
      let old = try GitCommand().view(harness.copyPath)
      try source.change { builder in
        builder.branch(
          "new", at: builder.commit(["new": .random(100_000, seed: 1)], parents: [.oid(try source.oid("side"))]))
        builder.branch("main", at: .oid(try source.oid("v1^{}")))
        builder.deleteRef("refs/heads/side")
        builder.head = .branch("new")
      }
      let new = try source.view()
      let cancellation = CancellationFlag()
      let passed = Monitor(false)
      var environment = harness.environment()
      environment.passing = { reached in
        guard reached == phase else { return }
        passed.with { $0 = true }
        cancellation.raise()
      }
      let outcome = MirrorRun(try harness.request(), environment: environment, cancellation: cancellation).execute()
      #expect(passed.current, "the run comes through \(phase)")
      let found = try GitCommand().view(harness.copyPath)
      if outcome.status == .failed {
        try harness.expectFailure(outcome, "cancelled")
        #expect(found == old)
        #expect(!FileManager.default.fileExists(atPath: harness.layout.staging.string), "nothing half made")
        #expect(try TemporaryDirectory.leftovers(below: harness.copyPath) == [])
      } else {
        #expect(outcome.status == .updated)
        #expect(found == new)
      }
      if [.spooling, .indexing, .checking, .publishingPack].contains(phase) { #expect(outcome.status == .failed) }
      #expect(try GitCommand().fsck(harness.copyPath) == [])
      try harness.mirrorExactly()
    }
  }

  @Test("makes no copy where none was", arguments: [MirrorPhase.spooling, .indexing, .checking])
  func firstCopy(phase: MirrorPhase) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      let cancellation = CancellationFlag()
      var environment = harness.environment()
      environment.passing = { if $0 == phase { cancellation.raise() } }
      try harness.expectFailure("cancelled", environment: environment, cancellation: cancellation)
      try harness.mirrorExactly()
    }
  }

  @Test("gives a clone back that it was about to take over", arguments: [MirrorPhase.spooling, .indexing, .checking])
  func takeover(phase: MirrorPhase) async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try GitCommand().run("clone", "-q", "--mirror", harness.sourcePath, harness.copyPath)
      try source.change { $0.branch("new", at: $0.commit(["new": "new\n"])) }
      let cancellation = CancellationFlag()
      var environment = harness.environment()
      environment.passing = { if $0 == phase { cancellation.raise() } }
      try harness.expectFailure("cancelled", environment: environment, cancellation: cancellation)
      try harness.mirrorExactly()
    }
  }

  /// Where a server keeps a run waiting.
  enum Waiting: String, CaseIterable, Sendable { case listing, pack }

  @Test("does not wait for a silent server", arguments: Waiting.allCases)
  func silentServer(waiting: Waiting) async throws {
    let pack = BadPack.good
    let server = try ScriptedHTTPServer { request in
      let answer = FaultyAnswers.repository(.version2, tip: pack.tip, pack: pack.bytes)(request)
      guard waiting == .listing || request.says("command=fetch") else { return answer }
      var stalled = answer
      guard case .bytes(let bytes) = answer.parts[0] else { return answer }
      stalled.framing = .declared(bytes.count)
      stalled.parts = [.bytes(Array(bytes.prefix(bytes.count / 2))), .stall]
      return stalled
    }
    defer { server.stop() }
    // The silence timeout is longer than the test may take.
    try await MirrorHarness.run(configuration: MirrorHarness.impatient(silence: .seconds(600))) { harness in
      let url = FaultyAnswers.url(server)
      try harness.makeCopy(claimingToBeOf: url)
      let cancellation = CancellationFlag()
      OwnThread.start(named: "canceller") {
        _ = server.wait(forRequests: waiting == .listing ? 1 : 3)
        cancellation.raise()
      }
      try harness.expectFailure("cancelled", source: url, cancellation: cancellation)
      try harness.expectSound()
    }
  }

  @Test("does not wait for the lock of another run, for a silent git, or for its own pauses")
  func otherWaits() async throws {
    try await MirrorHarness.run(configuration: MirrorHarness.impatient(silence: .seconds(600))) { harness in
      try harness.smallSource()
      try harness.mirrorExactly()
      let lock = try OwnerLock.acquire(path: harness.layout.ownerLock, wait: .zero)
      var request = try harness.request()
      request.wait = .seconds(600)
      let first = CancellationFlag()
      OwnThread.start(named: "canceller") { first.raise() }
      let outcome = MirrorRun(request, environment: harness.environment(), cancellation: first).execute()
      try harness.expectFailure(outcome, "cancelled")
      lock.release()
      let second = CancellationFlag()
      OwnThread.start(named: "canceller") { second.raise() }
      #expect(throws: Cancelled.self) { try MirrorEnvironment.wait(.seconds(600), second) }
    }
  }
}
