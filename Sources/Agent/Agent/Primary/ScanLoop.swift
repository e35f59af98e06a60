internal import Replication
internal import Synchronization

/// Scans the disk for changes that no hook reported: every minute by the stamps of the files that a change touches, and
/// every hour at the content of everything.
///
/// HEAD changes, `git update-ref`, manually created files, repositories that appear, vanish or move: no hook runs for
/// them. Changes that the scan finds are published with the reason `scan`.
final class ScanLoop: Sendable {
  /// The result of the last scan of a kind.
  struct Report: Sendable {
    var endedAt: Timestamp
    var isComplete: Bool
    var skipped: [DirectoryCatalog.Skipped]
    var skippedCount: Int
    /// Directories without a state that looked like a broken repository in this scan and in the one before, at most a
    /// hundred.
    var neverServed: [String]
    var count: Int
    /// Paths of all directories that looked like a broken repository.
    var broken: Set<String>
  }

  private struct Memory {
    var stamps: [ReplicableName: [ReplicableID: UInt64]] = [:]
    var reports: [ReplicableName: Report] = [:]
    var failures: [ReplicableName: String] = [:]
  }

  private let primary: Primary
  private let checksums: AutoResetEvent
  private let observer: any ReplicationObserver
  private let environment: SiteEnvironment
  private let interval: Duration
  private let fullInterval: Duration
  private let memory = Mutex(Memory())
  let signal = AutoResetEvent()

  init(
    _ primary: Primary, checksums: AutoResetEvent, observer: any ReplicationObserver, environment: SiteEnvironment,
    interval: Duration, fullInterval: Duration
  ) {
    self.primary = primary
    self.checksums = checksums
    self.observer = observer
    self.environment = environment
    self.interval = interval
    self.fullInterval = fullInterval
  }

  /// Returns the last completed scan of a kind; `nil` before the first.
  func lastReport(of name: ReplicableName) -> Report? { memory.withLock { $0.reports[name] } }

  /// Returns why the last scan of a kind failed; `nil` when it succeeded.
  func lastFailure(of name: ReplicableName) -> String? { memory.withLock { $0.failures[name] } }

  /// Runs until the task is cancelled.
  func run() async {
    var lastFull: ContinuousClock.Instant?
    while !Task.isCancelled {
      // The first scan is full: changes of the time without an agent are unknown.
      let isFull = lastFull.map { .now - $0 >= fullInterval } ?? true
      if isFull { lastFull = .now }
      for kind in primary.kinds { await scan(kind.name, isFull: isFull) }
      await signal.wait(atMost: interval)
    }
  }

  private func scan(_ name: ReplicableName, isFull: Bool) async {
    do {
      let directory = try await primary.scan(name)
      let known = memory.withLock { $0.stamps[name] ?? [:] }
      var stamps: [ReplicableID: UInt64] = [:]
      stamps.reserveCapacity(directory.rows.count)
      var suspects: [ReplicableID] = []
      for row in directory.rows {
        stamps[row.id] = row.stamp
        if isFull || known[row.id] != row.stamp { suspects.append(row.id) }
      }
      for id in suspects {
        guard !Task.isCancelled else { return }
        // It was not compared: its stamp is not stored, so that the next scan compares it.
        if try await !look(at: id, name) { stamps[id] = nil }
      }
      let report = try await report(on: directory, name)
      memory.withLock { [stamps] memory in
        memory.stamps[name] = stamps
        memory.reports[name] = report
        memory.failures[name] = nil
      }
      checksums.raise()
    } catch {
      guard !Task.isCancelled else { return }
      let wasFine = memory.withLock { memory in
        defer { memory.failures[name] = "\(error)" }
        return memory.failures[name] == nil
      }
      if wasFine { observer.log(.trouble("scan '\(name)': \(error)")) }
    }
  }

  private func report(on directory: DirectoryCatalog, _ name: ReplicableName) async throws -> Report {
    let broken = directory.skipped.filter(\.isBroken)
    // If it was seen only once, it may be in creation.
    let before = lastReport(of: name)?.broken ?? []
    let states = try primary.states(of: name)
    var neverServed: [String] = []
    for one in broken where before.contains(one.path) && neverServed.count < 100 {
      let text = one.path.hasSuffix(".git") ? String(one.path.dropLast(4)) : one.path
      // A replicable with a state is reported by its id.
      if let id = try? ReplicableID(text), try await states.state(of: id) != nil { continue }
      neverServed.append("\(one.path): \(one.reason)")
    }
    return Report(
      endedAt: environment.now(), isComplete: directory.isComplete, skipped: Array(directory.skipped.prefix(100)),
      skippedCount: directory.skipped.count, neverServed: neverServed, count: directory.rows.count,
      broken: Set(broken.map(\.path)))
  }

  /// Compares one replicable with the last reading, and publishes what changed.
  ///
  /// - Returns: false when there is no reading to compare with yet; the due reading finds the change.
  private func look(at id: ReplicableID, _ name: ReplicableName) async throws -> Bool {
    guard let state = try await primary.states(of: name).state(of: id), let reading = state.currentReading else {
      return false
    }
    let strategy = try primary.strategy(of: name)
    // The reading that is requested below records why it cannot be read.
    let found = try? await strategy.listing(of: id).checksum
    guard found != reading.checksum else { return true }
    // A push came in between: the content was read and published meanwhile.
    guard try await primary.states(of: name).state(of: id)?.currentReading == reading else { return false }
    let canChange = primary.kinds.first { $0.name == name }?.supportedEvents.contains(.updated) ?? false
    if canChange, found != nil {
      try await primary.publish(.updated, of: id, name, reason: Primary.scanReason)
    } else {
      // Unreadable, or changed although immutable: the next reading reports it.
      try await primary.reverify([id], name)
    }
    return true
  }
}

/// Reads the checksums that are due: after each change at once, failed ones when their back-off is over, old ones on
/// schedule.
final class ChecksumLoop: Sendable {
  let primary: Primary
  let signal: AutoResetEvent
  let observer: any ReplicationObserver
  let environment: SiteEnvironment
  /// The maximum of concurrent readings.
  private let width: Mutex<Int>
  /// The age after which a reading is repeated.
  let interval: Duration

  private static let tick = Duration.seconds(1)
  /// The number of readings that share one wait for the disk.
  private static let portion = 64

  init(
    primary: Primary, signal: AutoResetEvent, observer: any ReplicationObserver, environment: SiteEnvironment,
    width: Int,
    interval: Duration
  ) {
    self.primary = primary
    self.signal = signal
    self.observer = observer
    self.environment = environment
    self.width = Mutex(width)
    self.interval = interval
  }

  /// Sets the width from the next portion on.
  func take(width: Int) { self.width.withLock { $0 = width } }

  /// Runs until the task is cancelled.
  func run() async {
    var hasFailed = false
    var reverifiedAt: ContinuousClock.Instant?
    while !Task.isCancelled {
      var isIdle = true
      do {
        // A full disk, for example: readings that were running then could not record their result.
        if hasFailed { try await primary.recoverReadings() }
        if reverifiedAt.map({ .now - $0 > .seconds(60) }) ?? true {
          try await primary.reverify(before: environment.now() - interval)
          reverifiedAt = .now
        }
        for kind in primary.kinds where try await readDue(kind.name) { isIdle = false }
        hasFailed = false
      } catch {
        if !hasFailed, !Task.isCancelled { observer.log(.trouble("read checksums: \(error)")) }
        hasFailed = true
      }
      if isIdle { await signal.wait(atMost: Self.tick) }
    }
  }

  /// - Returns: whether any was due.
  private func readDue(_ name: ReplicableName) async throws -> Bool {
    let width = width.withLock { $0 }
    let due = try await primary.states(of: name).dueForChecksum(at: environment.now(), limit: Self.portion * width)
    guard !due.isEmpty else { return false }
    // Few are read one by one, so that the first is published before the last is read.
    let size = due.count <= width ? 1 : min(Self.portion, (due.count + width - 1) / width)
    try await withThrowingTaskGroup(of: Int.self) { group in
      var start = 0
      while start < due.count {
        let ids = due[start..<min(due.count, start + size)].map(\.replicableID)
        group.addTask { [primary] in try await primary.checksums(of: ids, name).count }
        start += size
      }
      try await group.waitForAll()
    }
    return true
  }
}
