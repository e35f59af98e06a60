import DurableFiles
import RegistryStore
import Replication
import Synchronization
import SystemPackage
import TestSupport
import WorkerPool

/// A short life of a state directory with everything that writes there: opened, entries and states made, changed, renamed and
/// removed, journals folded, cursor and features kept, closed, opened again. Blocking, for harnesses that are.
struct StoreFixture {
  /// What was acknowledged, as a caller sees it.
  struct Promises: Sendable {
    /// What each thing (`entry a`, `state a`, `cursor`, `feature`) may be at: one value once it was acknowledged, more while a
    /// change is under way or after one failed. 0 is what is not there.
    var values: [String: Set<UInt64>] = [:]
    /// The highest number that an entry was given.
    var highestNumber: UInt64 = 0
  }

  static let pool = WorkerPool(name: "store life", threads: 3, waitingLimit: 1_000)
  static let log = LogID(7)
  static let feature = "geo_thing_replication"

  let files: any FileSystemPort
  let directory: FilePath
  /// Waits for each fold before the next change, so that every run makes the same calls in the same order.
  var isOrderly = true
  /// Has a change acknowledged in the middle of each fold.
  var writesBesideFolds = false
  /// Called before each change with what may be true from then on, and after it with what is.
  let note: @Sendable (Promises) throws -> Void
  /// Called before each part.
  var enter: @Sendable (String) -> Void = { _ in }

  static let parts = ["opening", "changing", "renaming", "removing", "advancing", "reopening"]

  /// Runs the workload. Goes on after errors where `isPatient`, else throws the first one.
  func live(isPatient: Bool = false) throws {
    try Self.wait { try await run(isPatient) }
  }

  static func wait<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    try Bridge.wait(until: .after(.seconds(60)), cancellation: CancellationFlag(), body)
  }

  /// The open parts of a state directory.
  struct Open: Sendable {
    let directory: StateDirectory
    let registry: DurableRegistry
    let states: DurablePrimaryStates
    let features: FeatureFile

    init(_ path: FilePath, files: any FileSystemPort) async throws {
      directory = try StateDirectory(path, files: files)
      do {
        registry = try await DurableRegistry.open(
          RegistryFixture.name, in: directory, pool: StoreFixture.pool, foldBytes: 900)
        states = try await DurablePrimaryStates.open(
          RegistryFixture.name, in: directory, pool: StoreFixture.pool, foldBytes: 600)
        features = try await FeatureFile.open(directory, pool: StoreFixture.pool)
      } catch {
        directory.close()
        throw error
      }
    }

    func close() async {
      await registry.close()
      await states.close()
      directory.close()
    }
  }

  /// The acknowledged changes, which concurrent changes write.
  private final class Ledger: Sendable {
    private let promises = Mutex(Promises())
    private let open = Mutex<Open?>(nil)
    private let note: @Sendable (Promises) throws -> Void

    init(_ note: @escaping @Sendable (Promises) throws -> Void) { self.note = note }

    func take(_ open: Open?) { self.open.withLock { $0 = open } }

    /// Makes a change and waits for it, from within a call of the file system; none while nothing is open.
    func makeBeside(_ change: Change) {
      guard let open = open.withLock({ $0 }) else { return }
      // Where a call fails, this change may: it stays in the record as one that may have been made.
      try? StoreFixture.wait { try await self.make(change, open) }
    }

    /// Makes a change, with what may be true from its beginning and what is at its end.
    func make(_ change: Change, _ open: Open) async throws {
      try promises.withLock { promises in
        for (thing, value) in change.outcome { promises.values[thing, default: [0]].insert(value) }
        try note(promises)
      }
      let number = try await change.make(open)
      try promises.withLock { promises in
        promises.highestNumber = max(promises.highestNumber, number)
        for (thing, value) in change.outcome { promises.values[thing] = [value] }
        try note(promises)
      }
    }
  }

  private func run(_ isPatient: Bool) async throws {
    let ledger = Ledger(note)
    var problem: (any Error)?
    for (session, start) in ["opening", "reopening"].enumerated() {
      enter(start)
      let open = try await Open(directory, files: writesBesideFolds ? try besideFolds(ledger, session) : files)
      ledger.take(open)
      do {
        for change in try Self.changes(isFirst: session == 0) {
          enter(change.part)
          do {
            try await ledger.make(change, open)
          } catch  where isPatient {
            problem = error
          }
          if isOrderly {
            await open.registry.settle()
            await open.states.settle()
          }
        }
      } catch {
        ledger.take(nil)
        await open.close()
        throw error
      }
      ledger.take(nil)
      await open.close()
    }
    if let problem { throw problem }
  }

  /// The file system, with a change made and acknowledged before each new document is begun.
  private func besideFolds(_ ledger: Ledger, _ session: Int) throws -> any FileSystemPort {
    let (entries, states) = try (0..<20).reduce(into: ([Change](), [Change]())) { changes, number in
      changes.0.append(try Self.entry("beside", UInt64(session * 100 + number + 200)))
      changes.1.append(try Self.state("beside", UInt64(session * 100 + number + 200)))
    }
    let next = Counter()
    return WatchedFileSystem(over: files) { operation, path, isDone in
      guard operation == "create", !isDone else { return }
      switch path.lastComponent?.string {
      case "thing_registry.json.new": ledger.makeBeside(entries[next.take() % entries.count])
      case "thing_states.json.new": ledger.makeBeside(states[next.take() % states.count])
      default: break
      }
    }
  }

  private final class Counter: Sendable {
    private let count = Mutex(0)

    func take() -> Int {
      count.withLock { count in
        defer { count += 1 }
        return count
      }
    }
  }

  /// One change, what is true after it, and how it is made; it answers the highest number that it gave to an entry.
  private struct Change: Sendable {
    let part: String
    let outcome: [String: UInt64]
    let make: @Sendable (Open) async throws -> UInt64
  }

  private static func entry(_ text: String, _ value: UInt64) throws -> Change {
    let id = try ReplicableID(text)
    return Change(part: "changing", outcome: ["entry \(text)": value]) {
      try await $0.registry.change(id) { entry, make in announce(&entry, make, id, value) }
    }
  }

  private static func state(_ text: String, _ value: UInt64) throws -> Change {
    let id = try ReplicableID(text)
    return Change(part: "changing", outcome: ["state \(text)": value]) {
      try await $0.states.change(id) { state in
        state = state ?? PrimaryState(replicableID: id, incarnation: Incarnation(value))
        state?.announce(Generation(log: log, id: value))
      }
      return 0
    }
  }

  private static func changes(isFirst: Bool) throws -> [Change] {
    let base: UInt64 = isFirst ? 0 : 100
    let ids = try ["a", "b/c", "e"].map { try ReplicableID($0) }
    return [
      try entry("a", base + 1), try state("a", base + 1), try entry("b/c", base + 2), try state("b/c", base + 2),
      try entry("a", base + 3), try entry("d", base + 4), try state("a", base + 5),
      Change(part: "changing", outcome: ["entry a": base + 6, "entry b/c": base + 6, "entry e": base + 6]) {
        try await $0.registry.changeAll(ids) { id, entry, make in _ = announce(&entry, make, id, base + 6) }
        return 0
      },
      Change(part: "renaming", outcome: ["entry d": 0, "entry f": base + 4]) {
        try await $0.registry.rename(ReplicableID("d"), to: ReplicableID("f"))
        return 0
      },
      Change(part: "advancing", outcome: ["cursor": base + 7]) {
        try await $0.registry.advance(to: Cursor(log: log, id: base + 7, chain: 1))
        return 0
      },
      Change(part: "advancing", outcome: ["feature": isFirst ? 1 : 2]) {
        try await $0.features.set(feature, to: isFirst)
        return 0
      },
      Change(part: "removing", outcome: ["entry f": 0]) {
        try await $0.registry.change(ReplicableID("f")) { entry, _ in entry = nil }
        return 0
      },
      try entry("b/c", base + 8), try state("b/c", base + 8), try entry("a", base + 9), try state("d", base + 9),
    ]
  }

  private static func announce(
    _ entry: inout RegistryEntry?, _ make: NewEntry, _ id: ReplicableID, _ number: UInt64
  ) -> UInt64 {
    var changed = entry ?? make(id, at: RegistryFixture.start)
    _ = changed.announce(Generation(log: log, id: number), incarnation: Incarnation(9), at: RegistryFixture.start)
    entry = changed
    return changed.id
  }

  /// Checks what must hold of a state directory that was left at any moment: it opens by itself; each entry, state,
  /// cursor and feature is as it was acknowledged; no number is given twice; it takes more.
  static func judge(_ directory: FilePath, _ promises: Promises) throws {
    try wait {
      for round in 0..<2 {
        let open = try await Open(directory, files: RealFileSystem())
        do {
          if round == 0 { try await check(open, promises) }
          let new = try ReplicableID("new-\(round)")
          let number = try await open.registry.change(new) { entry, make in announce(&entry, make, new, 999) }
          guard number > promises.highestNumber else { throw TestSupportError("the number \(number) was given twice") }
        } catch {
          await open.close()
          throw error
        }
        await open.close()
      }
    }
  }

  private static func check(_ open: Open, _ promises: Promises) async throws {
    let entries = try await RegistryFixture.all(open.registry)
    guard Set(entries.map(\.id)).count == entries.count else { throw TestSupportError("two entries with one number") }
    var found: [String: UInt64] = [:]
    for entry in entries { found["entry \(entry.replicableID)"] = entry.wanted?.id }
    for state in try await open.states.window(after: nil, limit: .max) {
      found["state \(state.replicableID)"] = state.generation?.id
    }
    found["cursor"] = try await open.registry.cursor()?.id
    found["feature"] = await open.features.setting(of: feature).map { $0 ? 1 : 2 }
    for thing in Set(found.keys).union(promises.values.keys) {
      let (value, promised) = (found[thing] ?? 0, promises.values[thing] ?? [0])
      guard promised.contains(value) else {
        throw TestSupportError("\(thing) is at \(value), promised was \(promised.sorted())")
      }
    }
  }
}
