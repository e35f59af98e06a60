import DurableFiles
import Foundation
import RegistryStore
import Replication
import Synchronization
import SystemPackage
import WorkerPool

/// A registry of a million entries: nine of ten verified, the others in every other state.
enum RegistryPart {
  private static let count = 1_000_000
  private static let name: ReplicableName = "project_repository"
  private static let start = Timestamp(milliseconds: 1_790_000_000_000)
  private static let log = LogID(0x1234_5678_9abc_def0)

  private static func id(_ number: Int) throws -> ReplicableID {
    try ReplicableID("group-\(number % 1_000)/project-\(number)")
  }

  private static func entry(_ number: Int, _ id: ReplicableID, _ make: NewEntry) -> RegistryEntry {
    var random = SystemRandomNumberGenerator()
    var entry = make(
      id, at: start, incarnation: Incarnation(UInt64(number) &* 0x9e37_79b9_7f4a_7c15),
      wanted: Generation(log: log, id: UInt64(number)))
    if number % 20 == 0 { return entry }
    guard let sync = entry.startSync(at: start + .milliseconds(number)) else { return entry }
    if number % 20 == 1 {
      entry.failSync(sync, "the host did not answer", missingOnPrimary: false, at: start, using: &random)
      return entry
    }
    _ = entry.finishSync(sync)
    guard let verification = entry.startVerification(at: start + .milliseconds(number)) else { return entry }
    let checksum = Checksum(sha256: (0..<32).map { UInt8(truncatingIfNeeded: number &* ($0 + 7)) })
    _ = entry.succeedVerification(verification, checksum, at: start + .milliseconds(number))
    return entry
  }

  static func build(_ path: String) async throws -> [String: Double] {
    let pool = WorkerPool(name: "benchmark", threads: 4, waitingLimit: 10_000)
    let directory = try StateDirectory(FilePath(path))
    var registry = try await DurableRegistry.open(name, in: directory, pool: pool, foldBytes: 1 << 40)
    for batch in stride(from: 0, to: count, by: 10_000) {
      let numbers = Dictionary(
        uniqueKeysWithValues: try (batch..<batch + 10_000).map { (try id($0), $0) })
      try await registry.changeAll(Array(numbers.keys)) { id, entry, make in
        guard let number = numbers[id] else { return }
        entry = Self.entry(number, id, make)
      }
    }
    await registry.close()
    // Opened with a small bound, the next change folds everything into the document.
    registry = try await DurableRegistry.open(name, in: directory, pool: pool, foldBytes: 0)
    try await registry.advance(to: Cursor(log: log, id: 1, chain: 1))
    await registry.close()
    directory.close()
    await pool.shutdown()
    return [:]
  }

  static func measure(_ path: String) async throws -> [String: Double] {
    var measured: [String: Double] = [:]
    let pool = WorkerPool(name: "benchmark", threads: 4, waitingLimit: 10_000)
    let directory = try StateDirectory(FilePath(path))
    let before = try Part.residentBytes()
    var opened: DurableRegistry?
    measured["open"] = try await Part.seconds {
      opened = try await DurableRegistry.open(name, in: directory, pool: pool)
    }
    guard let registry = opened else { return measured }
    measured["resident-of-entry"] = try (Part.residentBytes() - before) / Double(count)
    let now = start + .seconds(100_000)
    measured["next-1000-due"] =
      try await 1_000
      * Part.seconds {
        let due = try await registry.dueForSync(at: now, limit: 1_000)
        guard due.count == 1_000 else { throw BenchmarkFailure("\(due.count) are due") }
      }
    measured["counts"] =
      try await 1_000
      * Part.seconds {
        let counts = try await registry.counts(at: now)
        guard counts.states.values.reduce(0, +) == count else { throw BenchmarkFailure("\(counts)") }
      }
    measured["slowest-list-page"] = try await slowestPage(registry)
    measured["changes-1-writer"] = try await Part.rate(of: 1, for: .seconds(4)) { writer, turn in
      try await change(registry, writer, turn)
    }
    // As long as a fold takes, for comparison: what the disk does to the longest change by itself.
    let quiet = FoldWatch()
    _ = quiet.look(isFolding: true)
    measured["changes-64-writers"] = try await Part.rate(of: 64, for: .seconds(8)) { writer, turn in
      let start = ContinuousClock.now
      try await change(registry, writer, turn)
      quiet.add(ContinuousClock.now - start)
    }
    _ = quiet.look(isFolding: false)
    measured["longest-change"] = try quiet.figures()["longest-change-while-folding"]
    measured.merge(try await fold(registry, directory)) { $1 }
    await registry.close()
    directory.close()
    await pool.shutdown()
    return measured
  }

  /// First and last pages of lists of twenty in every order, of everything, of one state and of two: milliseconds of the slowest.
  private static func slowestPage(_ registry: DurableRegistry) async throws -> Double {
    var slowest = 0.0
    let filters: [(SyncState?, VerificationState?)] = [
      (nil, nil), (.failed, nil), (.synced, nil), (nil, .succeeded), (.pending, .disabled), (.failed, .succeeded),
    ]
    for order in RegistryQuery.Order.allCases {
      for (state, verificationState) in filters {
        for isBackwards in [false, true] {
          var query = RegistryQuery(order: order, limit: 20)
          (query.state, query.verificationState, query.isBackwards) = (state, verificationState, isBackwards)
          let took = try await Part.seconds { _ = try await registry.part(query) }
          slowest = max(slowest, took * 1_000)
        }
      }
    }
    return slowest
  }

  /// Makes a transition: a sync begins, or the one that runs ends.
  private static func change(_ registry: DurableRegistry, _ writer: Int, _ turn: Int) async throws {
    // Every writer has entries of its own, all over the registry.
    let number = ((turn / 2 &* 7_919 + writer) * 64 + writer) % count
    let ticket = try await registry.change(try id(number)) { entry, _ -> Bool in
      guard entry != nil else { return false }
      let now = start + .seconds(200_000 + turn)
      if entry?.state == .started { entry?.recoverAfterRestart() } else { _ = entry?.startSync(at: now) }
      return true
    }
    guard ticket else { throw BenchmarkFailure("entry \(number) is not there") }
  }

  /// Changes with 64 writers until a fold has begun and ended: how long the longest change took meanwhile.
  private static func fold(_ registry: DurableRegistry, _ directory: StateDirectory) async throws -> [String: Double] {
    let watch = FoldWatch()
    let previous = directory.registries.appending("\(name)_registry.journal.previous.jsonl")
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // It goes on when the journal is half as long as the document, which takes a while.
        for _ in 0..<60_000 {
          if watch.look(isFolding: try directory.files.status(of: previous) != nil) { return }
          try await Task.sleep(for: .milliseconds(5))
        }
        throw BenchmarkFailure("no fold came")
      }
      for writer in 0..<64 {
        group.addTask {
          var turn = 0
          while !watch.isOver {
            let start = ContinuousClock.now
            try await change(registry, writer, turn)
            watch.add(ContinuousClock.now - start)
            turn += 1
          }
        }
      }
      try await group.waitForAll()
    }
    return try watch.figures()
  }
}

/// A fold as those who write meanwhile see it.
private final class FoldWatch: Sendable {
  private struct State {
    var beganAt: ContinuousClock.Instant?
    var endedAt: ContinuousClock.Instant?
    var longest = Duration.zero
  }

  private let state = Mutex(State())

  var isOver: Bool { state.withLock { $0.endedAt != nil } }

  /// Returns true when the fold is over.
  func look(isFolding: Bool) -> Bool {
    state.withLock { state in
      if isFolding, state.beganAt == nil { state.beganAt = .now }
      if !isFolding, state.beganAt != nil { state.endedAt = .now }
      return state.endedAt != nil
    }
  }

  func add(_ took: Duration) {
    state.withLock { state in if state.beganAt != nil { state.longest = max(state.longest, took) } }
  }

  func figures() throws -> [String: Double] {
    try state.withLock { state in
      guard let beganAt = state.beganAt, let endedAt = state.endedAt else { throw BenchmarkFailure("no fold came") }
      return [
        "longest-change-while-folding": state.longest / .milliseconds(1), "fold": (endedAt - beganAt) / .seconds(1),
      ]
    }
  }
}
