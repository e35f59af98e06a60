import DurableFiles
import Foundation
import Mirroring
import Replication
import RepositoryReplication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Real processes, ended by SIGKILL before, in and after every change of the file system that one phase makes.
@Suite("Changes of copies that are killed", .timeLimit(.minutes(30)))
struct KillTests {
  private static let kills = PowerLossTests.isLong ? 50 : 8
  /// The output of a process that came to its end alive.
  private static let endedAlive: CInt = 70

  @Test(
    "leave every copy whole, and the next calls make all well",
    arguments: [CrashScenario.swap, .discard, .restore, .rename])
  func survives(_ scenario: CrashScenario) async throws {
    let fixture = try CrashFixture()
    let moments = try await OwnThread.run {
      let counted = try Self.root(scenario, fixture)
      let counter = KillMoment(nil)
      try counter.run(scenario, counted.path, source: fixture.source)
      return counter.count
    }
    let check = CrashCheck(scenario, fixture)
    // Two at a time: each is a process that starts, dies, and leaves something to look at.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<2 {
        group.addTask {
          for number in stride(from: worker, to: Self.kills, by: 2) {
            let moment = 1 + number * (moments - 1) / (Self.kills - 1)
            let root = try await Self.kill(scenario, fixture, at: moment)
            try await OwnThread.run { try check.check(root.path, isDone: false) }
          }
        }
      }
      try await group.waitForAll()
    }
    print("killed \(Self.kills) times in \(moments) moments of \(scenario.rawValue): \(check.summary)")
  }

  /// - Returns: what the dead process left.
  private static func kill(
    _ scenario: CrashScenario, _ fixture: CrashFixture, at moment: Int
  ) async throws -> MemoryDirectory {
    // At an earlier moment where the run has fewer of them than the one in which they were counted.
    for moment in (1...moment).reversed() {
      let root = try await OwnThread.run { try Self.root(scenario, fixture) }
      let (path, source, ended) = (root.path.string, fixture.source, endedAlive)
      let result = await #expect(processExitsWith: .failure) {
        [
          scenario = scenario as CrashScenario, path = path as String, source = source as String,
          moment = moment as Int, ended = ended as CInt
        ] in
        try await OwnThread.run { try KillMoment(moment).run(scenario, FilePath(path), source: source) }
        exit(ended)
      }
      let status = try #require(result).exitStatus
      if status == .signal(SIGKILL) { return root }
      #expect(status == .exitCode(ended))
    }
    throw TestSupportError("no run has a moment")
  }

  private static func root(_ scenario: CrashScenario, _ fixture: CrashFixture) throws -> MemoryDirectory {
    let root = try MemoryDirectory("remora-kill")
    try scenario.prepare(root.path, fixture)
    return root
  }
}

/// Counts the moments of one phase, and ends the process at one of them. The phase of a swap begins where the new copy is whole
/// but for its carried-over history: all before is a first copy like any other.
private final class KillMoment: Sendable {
  private let moment: Int?
  private let start = Mutex<Int?>(nil)
  private let passed = Atomic<Int>(0)

  init(_ moment: Int?) { self.moment = moment }

  var count: Int { passed.load(ordering: .acquiring) - (start.withLock { $0 } ?? 0) }

  func run(_ scenario: CrashScenario, _ root: FilePath, source: String) throws {
    if scenario != .swap { begin() }
    let files = HookedFiles { number in
      self.passed.store(number, ordering: .releasing)
      let start = self.start.withLock { $0 }
      if let start, let moment = self.moment, number - start == moment { Glibc.kill(getpid(), SIGKILL) }
    }
    let strategy = CrashFixture.strategy(root, files) { phase in
      if phase == .finishing { self.begin() }
    }
    try scenario.act(root, strategy, source: source)
  }

  private func begin() { start.withLock { $0 = passed.load(ordering: .acquiring) } }
}
