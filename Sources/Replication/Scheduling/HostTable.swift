package import Replication

/// The hosts that content is fetched from, and this machine: which of them fail, since when and why, and when each is
/// tried again.
///
/// A failure is attributed once. What can only be the host's (no route, TLS, 429) pauses the host. What may be the
/// host's or one repository's (401, 403, 5xx, a silence) is the repository's as soon as the host has answered for
/// another one; until then it is the host's, for three attempts.
package struct HostTable {
  /// The name that failures of this machine are counted under.
  package static let machine = "this machine"

  /// A failing host.
  package struct Failure: Hashable, Sendable {
    /// Its name.
    package var host: String
    /// When it began to fail.
    package var since: Timestamp
    /// Why it fails.
    package var message: String
    /// When it is tried again; `nil` while it is being tried.
    package var retryAt: Timestamp?
    /// The host named that time itself (`Retry-After`).
    package var hasRetryAfter: Bool
    /// When it last answered; `nil` when unknown.
    package var lastAnswerAt: Timestamp?

    /// A failure.
    package init(
      host: String, since: Timestamp, message: String, retryAt: Timestamp? = nil, hasRetryAfter: Bool = false,
      lastAnswerAt: Timestamp? = nil
    ) {
      self.host = host
      self.since = since
      self.message = message
      self.retryAt = retryAt
      self.hasRetryAfter = hasRetryAfter
      self.lastAnswerAt = lastAnswerAt
    }
  }

  /// A change that is logged.
  package enum Change: Hashable, Sendable {
    /// Work for the host pauses; why.
    case paused(String, reason: String)
    /// Work for the host goes on; why it had paused.
    case resumed(String, after: String)
  }

  private struct Host {
    var breaker = HostCircuitBreaker()
    var failingSince: Timestamp?
    var lastAnswerAt: Timestamp?
    /// The last two replicables that it answered for, the newest first.
    var answered: [(key: JobKey, at: ContinuousClock.Instant)] = []
    /// Replicables whose failure may be the host's, since it last answered, with how often each failed.
    var suspects: [JobKey: Int] = [:]
  }

  private var hosts: [String: Host] = [:]

  /// For so long an answer for another replicable shows that the host works.
  private static let credibleFor = Duration.seconds(120)
  private static let suspectsBeforeHost = 3

  /// No host fails.
  package init() {}

  // MARK: Before something starts

  /// Whether a job that needs the host may start while so many run there.
  func admits(_ host: String, running: Int, at now: ContinuousClock.Instant) -> Bool {
    hosts[host]?.breaker.mayStart(running: running, at: now) ?? true
  }

  /// A job starts that was admitted: a paused host is tried by it.
  mutating func start(_ names: some Sequence<String>) {
    for name in names { hosts[name]?.breaker.start() }
  }

  /// Counts a job that needs all of these hosts as started, if it may start.
  package mutating func startIfAdmitted(
    _ needed: [(host: String, running: Int)], at now: ContinuousClock.Instant
  ) -> Bool {
    guard needed.allSatisfy({ admits($0.host, running: $0.running, at: now) }) else { return false }
    start(needed.map(\.host))
    return true
  }

  /// Whether nothing may start for a host now.
  package func isPaused(_ host: String, at now: ContinuousClock.Instant) -> Bool {
    hosts[host].map { !$0.breaker.mayStart(running: 0, at: now) } ?? false
  }

  // MARK: After it ended

  /// Records an outcome that shows that the host answers.
  ///
  /// - Parameter key: the job that the host answered for; `nil` where unknown.
  package mutating func succeeded(_ host: String, for key: JobKey? = nil, at moment: Moment) -> Change? {
    guard key != nil || hosts[host] != nil else { return nil }
    var state = hosts[host] ?? Host()
    defer { hosts[host] = state }
    let before = state.breaker.reason
    state.lastAnswerAt = moment.time
    if let key {
      state.answered = [(key, moment.instant)] + state.answered.filter { $0.key != key }.prefix(1)
      state.suspects = [:]
    }
    state.breaker.succeeded()
    guard state.breaker.reason == nil else { return nil }
    state.failingSince = nil
    return before.map { .resumed(host, after: $0) }
  }

  /// The host, or this machine, failed: work for it pauses.
  ///
  /// - Parameter retryAfter: what the host asked for.
  package mutating func failed(
    _ host: String, _ reason: String, retryAfter: Duration? = nil, at moment: Moment
  ) -> Change? {
    var state = hosts[host] ?? Host()
    defer { hosts[host] = state }
    let isNew = state.breaker.reason == nil
    state.breaker.failed(reason, at: moment.instant, jitter: moment.jitter, retryAfter: retryAfter)
    if state.failingSince == nil { state.failingSince = moment.time }
    return isNew ? .paused(host, reason: reason) : nil
  }

  /// The host has answered a request that is not counted here.
  ///
  /// - Returns: whether the host was failing.
  package mutating func answeredElsewhere(_ host: String, at now: ContinuousClock.Instant) -> Bool {
    guard hosts[host]?.breaker.reason != nil else { return false }
    hosts[host]?.breaker.answeredElsewhere(at: now)
    return true
  }

  /// Decides whose failure an error is, pauses the host if it is the host's, and returns the error with that
  /// disposition.
  package mutating func attribute(
    _ error: StrategyError, of key: JobKey, at host: String, _ moment: Moment
  ) -> (error: StrategyError, change: Change?) {
    let code = error.code.rawValue
    switch error.disposition {
    case .replicable:
      // What the server said of this one replicable shows that it answers.
      return (error, Self.isAnswer(code) ? succeeded(host, for: key, at: moment) : nil)
    case .host, .connection: guard error.origin == .host else { return (error, nil) }
    }
    let isAmbiguous = error.retryAfter == nil && Self.mayBeOfOne.contains(code)
    guard !isAmbiguous || suspect(host, key, code, of: error.disposition, at: moment.instant) else {
      guard error.disposition == .host else { return (error, nil) }
      return (StrategyError(error.code, error.message, disposition: .replicable), nil)
    }
    let change = failed(host, error.message, retryAfter: error.retryAfter, at: moment)
    return (StrategyError(error.code, error.message, disposition: .host, retryAfter: error.retryAfter), change)
  }

  /// - Returns: whether the failure counts as the host's.
  private mutating func suspect(
    _ name: String, _ key: JobKey, _ code: String, of disposition: StrategyError.Disposition,
    at now: ContinuousClock.Instant
  ) -> Bool {
    var host = hosts[name] ?? Host()
    host.suspects[key, default: 0] += 1
    hosts[name] = host
    let answers = host.answered.contains { $0.key != key && now - $0.at < Self.credibleFor }
    // Silences end long after they began: meanwhile the host has answered.
    if answers, code == "timeout" { return false }
    // So many in a row, with no answer in between: whatever it answered before, it does not now.
    if host.suspects.count >= Self.suspectsBeforeHost { return true }
    // A connection that broke is first tried again by the job itself.
    if answers || disposition == .connection { return false }
    return host.suspects[key, default: 0] < Self.suspectsBeforeHost
  }

  /// May be said of one repository, or meet every one.
  private static let mayBeOfOne: Set<String> = [
    "authentication_failed", "connection_lost", "interrupted", "redirect_refused", "server_error",
    "source_access_denied", "source_refused", "timeout",
  ]
  /// Codes of the copy, and of a missing one, say nothing of the host.
  private static func isAnswer(_ code: String) -> Bool {
    !code.hasPrefix("destination_") && !["missing", "broken", "occupied", "busy", "file_system"].contains(code)
  }

  // MARK: Status and restart

  /// Whether the host fails, paused or being tried.
  func isFailing(_ host: String) -> Bool { hosts[host]?.breaker.reason != nil }

  /// The hosts that fail, in order of their names; this machine is among them.
  package func failures(at moment: Moment) -> [Failure] {
    hosts.compactMap { name, host in
      guard let reason = host.breaker.reason else { return nil }
      let paused = host.breaker.pausedUntil
      return Failure(
        host: name, since: host.failingSince ?? moment.time, message: reason,
        retryAt: paused.map { moment.time + max(.zero, $0.moment - moment.instant) },
        hasRetryAfter: paused?.hasRetryAfter ?? false, lastAnswerAt: host.lastAnswerAt)
    }.sorted { $0.host < $1.host }
  }

  /// Restores the failures of an earlier process, except those of this machine, so that a new process does not ask a
  /// host at once that named a retry time or was unreachable.
  package mutating func restore(_ failures: [Failure], at moment: Moment) {
    for failure in failures where failure.host != Self.machine && hosts[failure.host] == nil {
      var host = Host()
      let wait = failure.retryAt.map { min(max(.zero, $0 - moment.time), .seconds(86_400)) } ?? .zero
      host.breaker = HostCircuitBreaker(
        pausedUntil: moment.instant + wait, reason: failure.message, failures: 6,
        hasRetryAfter: failure.hasRetryAfter)
      host.failingSince = failure.since
      host.lastAnswerAt = failure.lastAnswerAt
      hosts[failure.host] = host
    }
  }
}
