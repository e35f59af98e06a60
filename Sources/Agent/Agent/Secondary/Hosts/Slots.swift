internal import Replication

/// Places for requests to hosts, so that hosts and repositories that do not answer take none from those that do: a request that waits
/// longer than a host that is well takes to answer leaves its place to another one.
struct Slots {
  /// Requests at a time, and of these at one host, that were answered or are young.
  var width: Int
  var widthOfHost = 2
  /// Requests of all that may wait for answers beside them, and of these at one host for repositories that have failed before.
  private static let (waiting, waitingAtHost) = (24, 4)
  private static let patience = Duration.seconds(5)

  private var running: [JobKey: (host: String, since: ContinuousClock.Instant, hasFailed: Bool)] = [:]

  init(width: Int) { self.width = width }

  func contains(_ key: JobKey) -> Bool { running[key] != nil }

  /// Requests at a host.
  func count(at host: String, now: ContinuousClock.Instant) -> Int {
    running.values.count { $0.host == host && now - $0.since < Self.patience }
  }

  /// Whether there is any place at all.
  func isFull(at now: ContinuousClock.Instant) -> Bool {
    running.values.count { now - $0.since < Self.patience } >= width || running.count >= width + Self.waiting
  }

  /// - Parameter hasFailed: the last request for it failed: at each host one place is always for the others.
  func mayStart(at host: String, hasFailed: Bool, now: ContinuousClock.Instant) -> Bool {
    guard !isFull(at: now) else { return false }
    let here = running.values.filter { $0.host == host }
    guard here.count(where: { now - $0.since < Self.patience }) < widthOfHost else { return false }
    guard hasFailed else { return true }
    let failed = here.filter(\.hasFailed)
    return failed.count < Self.waitingAtHost && !failed.contains { now - $0.since < Self.patience }
  }

  mutating func start(_ key: JobKey, at host: String, hasFailed: Bool, now: ContinuousClock.Instant) {
    running[key] = (host, now, hasFailed)
  }

  mutating func end(_ key: JobKey) { running[key] = nil }
}
