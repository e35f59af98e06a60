/// Limits the requests to hosts in all and per host, so that hosts and repositories that do not answer take no place
/// from those that do: a request without an answer after five seconds leaves its place to another.
package struct Slots {
  /// Requests at a time that were answered or are younger than five seconds, 1 or more.
  package var width: Int
  /// The same at one host, 1 or more.
  package var widthOfHost = 2
  /// Requests that may wait for answers beside them: in all, and at one host for repositories whose last request
  /// failed.
  private static let (waiting, waitingAtHost) = (24, 4)
  private static let patience = Duration.seconds(5)

  private var running: [JobKey: (host: String, since: ContinuousClock.Instant, hasFailed: Bool)] = [:]

  /// No requests.
  package init(width: Int) { self.width = width }

  /// Whether a request for the replicable runs.
  package func contains(_ key: JobKey) -> Bool { running[key] != nil }

  /// Requests at a host that are younger than five seconds.
  package func count(at host: String, now: ContinuousClock.Instant) -> Int {
    running.values.count { $0.host == host && now - $0.since < Self.patience }
  }

  /// Whether no host has a place.
  package func isFull(at now: ContinuousClock.Instant) -> Bool {
    running.values.count { now - $0.since < Self.patience } >= width || running.count >= width + Self.waiting
  }

  /// Whether a request may start.
  ///
  /// - Parameter hasFailed: the last request for the replicable failed. At each host one place is kept for the others.
  package func mayStart(at host: String, hasFailed: Bool, now: ContinuousClock.Instant) -> Bool {
    guard !isFull(at: now) else { return false }
    let here = running.values.filter { $0.host == host }
    guard here.count(where: { now - $0.since < Self.patience }) < widthOfHost else { return false }
    guard hasFailed else { return true }
    let failed = here.filter(\.hasFailed)
    return failed.count < Self.waitingAtHost && !failed.contains { now - $0.since < Self.patience }
  }

  /// Takes a place.
  package mutating func start(_ key: JobKey, at host: String, hasFailed: Bool, now: ContinuousClock.Instant) {
    running[key] = (host, now, hasFailed)
  }

  /// Frees the place.
  package mutating func end(_ key: JobKey) { running[key] = nil }
}
