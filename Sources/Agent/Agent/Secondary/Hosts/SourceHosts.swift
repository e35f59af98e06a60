internal import Foundation
internal import Replication
internal import Synchronization

/// The hosts that content is fetched from, and this machine beside them: which of them fail, since when and why, and when each is
/// asked again. Syncs, verifications, readings and polls all ask here before they start and report here how they ended, so that one
/// pause holds for all of them.
///
/// A failure is attributed once. What can only be the host's (no route, TLS, 429) pauses it. What may be the host's or one
/// repository's (401, 403, 5xx, a silence) is the repository's as soon as the host has answered for another one; until then it is
/// the host's, for three attempts.
final class SourceHosts: Sendable {
  /// A failing host.
  struct Failure: Hashable, Sendable {
    var host: String
    var since: Timestamp
    var message: String
    /// When it is asked again; `nil` when it is being asked.
    var retryAt: Timestamp?
    /// The host named that time itself.
    var isToldWhen = false
    /// When it last answered; `nil` when that is not known.
    var lastAnswerAt: Timestamp?
  }

  private struct Host {
    var breaker = HostCircuitBreaker()
    var failingSince: Timestamp?
    var lastAnswerAt: Timestamp?
    /// The last two replicables that it answered for, the newest first, with when.
    var answered: [(key: JobKey, at: ContinuousClock.Instant)] = []
    /// Of which a failure might be the host's, since it last answered: how often each.
    var suspects: [JobKey: Int] = [:]
  }

  private let hosts = Mutex<[String: Host]>([:])
  private let environment: SiteEnvironment
  private let tell: @Sendable (ReplicationLine) -> Void

  /// So long an answer for another replicable shows that the host is well.
  private static let credibleFor = Duration.seconds(120)
  private static let suspectsBeforeHost = 3

  /// - Parameter tell: takes the lines for the log.
  init(environment: SiteEnvironment, tell: @escaping @Sendable (ReplicationLine) -> Void) {
    self.environment = environment
    self.tell = tell
  }

  private var jitter: Double { Double(environment.random() % 1_000) / 1_000 }

  // MARK: Before something starts

  /// Whether a job may start that needs all of these hosts, with how many run at each; if so, it counts as started.
  func start(_ needed: [(host: String, running: Int)]) -> Bool {
    hosts.withLock { hosts in
      let now = ContinuousClock.now
      guard needed.allSatisfy({ hosts[$0.host]?.breaker.mayStart(running: $0.running, at: now) ?? true }) else {
        return false
      }
      for one in needed { hosts[one.host]?.breaker.start() }
      return true
    }
  }

  /// Whether nothing at all may start for a host now.
  func isPaused(_ host: String) -> Bool {
    hosts.withLock { hosts in
      hosts[host].map { !$0.breaker.mayStart(running: 0, at: .now) } ?? false
    }
  }

  // MARK: After it ended

  /// A job that needed the host ended in a way that only a host that answers allows.
  func succeeded(_ host: String, for key: JobKey? = nil) {
    let now = environment.now()
    let resumed = hosts.withLock { hosts -> String? in
      guard key != nil || hosts[host] != nil else { return nil }
      let wasPaused = hosts[host]?.breaker.reason
      hosts[host, default: Host()].lastAnswerAt = now
      if let key {
        let others = hosts[host]?.answered.filter { $0.key != key } ?? []
        hosts[host]?.answered = [(key, .now)] + others.prefix(1)
        hosts[host]?.suspects = [:]
      }
      hosts[host]?.breaker.succeeded()
      guard hosts[host]?.breaker.reason == nil else { return nil }
      hosts[host]?.failingSince = nil
      return wasPaused
    }
    if let resumed { tell(.resumed(host, after: resumed)) }
  }

  /// The host, or this machine, failed: work for it pauses.
  func failed(_ host: String, _ why: String, retryAfter: Duration? = nil) {
    let (now, jitter) = (environment.now(), jitter)
    let isNew = hosts.withLock { hosts in
      let wasOpen = hosts[host]?.breaker.reason == nil
      hosts[host, default: Host()].breaker.failed(why, at: .now, jitter: jitter, retryAfter: retryAfter)
      if hosts[host]?.failingSince == nil { hosts[host]?.failingSince = now }
      return wasOpen
    }
    if isNew { tell(.paused(host, why)) }
  }

  /// The host has answered a request that was not a job.
  func signOfLife(of host: String) -> Bool {
    hosts.withLock { hosts in
      guard hosts[host]?.breaker.reason != nil else { return false }
      hosts[host]?.breaker.signOfLife(at: .now)
      return true
    }
  }

  /// Decides whose failure this is, pauses the host if it is the host's, and returns the error with that disposition.
  func attribute(_ error: StrategyError, of key: JobKey, at host: String) -> StrategyError {
    let code = error.code.rawValue
    switch error.disposition {
    case .replicable:
      // What the server said of this one replicable shows that it answers.
      if Self.isAnswer(code) { succeeded(host, for: key) }
      return error
    case .host, .connection: guard error.origin == .host else { return error }
    }
    let isAmbiguous = error.retryAfter == nil && Self.mayBeOfOne.contains(code)
    let isOfHost =
      !isAmbiguous || hosts.withLock { suspect(&$0[host, default: Host()], key, code, of: error.disposition) }
    guard isOfHost else {
      return error.disposition == .host
        ? StrategyError(error.code, error.message, disposition: .replicable) : error
    }
    failed(host, error.message, retryAfter: error.retryAfter)
    return StrategyError(error.code, error.message, disposition: .host, retryAfter: error.retryAfter)
  }

  /// - Returns: whether the failure is held against the host.
  private func suspect(
    _ host: inout Host, _ key: JobKey, _ code: String, of disposition: StrategyError.Disposition
  ) -> Bool {
    host.suspects[key, default: 0] += 1
    let now = ContinuousClock.now
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
  /// Codes of the copy, and of nothing at all, say nothing of the host.
  private static func isAnswer(_ code: String) -> Bool {
    !code.hasPrefix("destination_") && !["missing", "broken", "occupied", "busy", "file_system"].contains(code)
  }

  // MARK: For status

  /// Why work for a host pauses; `nil` when it does not.
  func failure(of host: String) -> Failure? { failures.first { $0.host == host } }

  /// The hosts that fail, in order of their names; this machine is among them.
  var failures: [Failure] {
    let (now, instant) = (environment.now(), ContinuousClock.now)
    return hosts.withLock { hosts in
      hosts.compactMap { name, host in
        guard let reason = host.breaker.reason else { return nil }
        let paused = host.breaker.pausedUntil
        return Failure(
          host: name, since: host.failingSince ?? now, message: reason,
          retryAt: paused.map { now + max(.zero, $0.moment - instant) }, isToldWhen: paused?.isToldWhen ?? false,
          lastAnswerAt: host.lastAnswerAt)
      }.sorted { $0.host < $1.host }
    }
  }

  /// Takes over what an earlier process knew: a host that asked to be left alone, or was away, is not asked at once by a new one.
  func restore(_ failures: [Failure]) {
    let (now, instant) = (environment.now(), ContinuousClock.now)
    hosts.withLock { hosts in
      for failure in failures where failure.host != SourceHost.machine && hosts[failure.host] == nil {
        var host = Host()
        let rest = failure.retryAt.map { min(max(.zero, $0 - now), .seconds(86_400)) } ?? .zero
        host.breaker = HostCircuitBreaker(
          pausedUntil: instant + rest, reason: failure.message, failures: 6, isToldWhen: failure.isToldWhen)
        host.failingSince = failure.since
        host.lastAnswerAt = failure.lastAnswerAt
        hosts[failure.host] = host
      }
    }
  }
}
