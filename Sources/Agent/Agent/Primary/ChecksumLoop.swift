internal import Replication
internal import Synchronization

/// Reads the checksums that are due: after each change at once, failed ones when their back-off is over, old ones on
/// schedule.
final class ChecksumLoop: Sendable {
  let primary: Primary
  let signal: Signal
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
    primary: Primary, signal: Signal, observer: any ReplicationObserver, environment: SiteEnvironment, width: Int,
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
