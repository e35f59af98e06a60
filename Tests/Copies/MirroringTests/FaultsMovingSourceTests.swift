import DurableFiles
import Foundation
import GitValues
import Mirroring
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("A source that moves between the listing and the fetch", .timeLimit(.minutes(10))) struct FaultsMovingSourceTests
{
  /// What happens to the branch `moving`, whose old commit is gone for good afterwards unless it is only pushed to.
  enum Move: String, CaseIterable, Sendable { case pushedTo, replacedAndPruned, deletedAndPruned }

  @Test("is followed", arguments: Move.allCases, SourceTransport.allCases)
  func followed(move: Move, transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try source.change { $0.branch("moving", at: $0.commit(["moving": "first\n"])) }
      let first = try source.oid("moving")
      let hook = Self.hook(harness, times: 1) { _ in
        switch move {
        case .pushedTo:
          try source.change { $0.branch("moving", at: $0.commit(["moving": "second\n"], parents: [.oid(first)])) }
        case .replacedAndPruned:
          try source.change { $0.branch("moving", at: $0.commit(["moving": "another\n"])) }
          try Self.prune(source)
        case .deletedAndPruned:
          try source.change { $0.deleteRef("refs/heads/moving") }
          try Self.prune(source)
        }
      }
      let outcome = try harness.attempt(environment: hook.environment)
      #expect(hook.count() >= 1)
      #expect(outcome.error == nil, "\(outcome.error.map { "\($0)" } ?? "")")
      try harness.expectSound()
      if move == .pushedTo, try GitCommand().refs(harness.copyPath)["refs/heads/moving"] == first.hex {
        // The listing was of the moment before, and whole; the next run has the change.
        try harness.mirrorExactly()
      } else {
        try harness.expectExact(outcome)
      }
    }
  }

  @Test("is called busy when it moves each time", arguments: SourceTransport.allCases)
  func busy(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      try harness.mirrorExactly()
      try source.change { $0.branch("moving", at: $0.commit(["moving": "0\n"])) }
      let hook = Self.hook(harness, times: .max) { number in
        try source.change { $0.branch("moving", at: $0.commit(["moving": "again \(number)\n"])) }
        try Self.prune(source)
      }
      try harness.expectFailure("source_busy", environment: hook.environment)
      #expect(hook.count() == 4, "three more listings after the first")
      try harness.mirrorExactly()
    }
  }

  /// Objects that nothing reaches are gone, whatever files held them.
  private static func prune(_ source: TestRepository) throws {
    try source.git.run("repack", "-a", "-d", "-q")
    try source.git.run("prune", "--expire=now")
  }

  /// Returns an environment in which `action` runs with its number from 1 each time when the source was listed and
  /// objects are about to be asked for.
  private static func hook(
    _ harness: MirrorHarness, times: Int, _ action: @escaping @Sendable (Int) throws -> Void
  ) -> (environment: MirrorEnvironment, count: () -> Int) {
    let count = Monitor(0)
    var environment = harness.environment()
    environment.files = HookedFileSystem { path in
      guard path.lastComponent?.string == "staging" else { return }
      let number = count.with { count in
        count += 1
        return count
      }
      guard number <= times else { return }
      do { try action(number) } catch { Issue.record(error) }
    }
    return (environment, { count.current })
  }
}
