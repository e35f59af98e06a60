/// Pauses work for a host, or for this machine, when it fails. It touches no entry, tries one job after a while, and
/// then admits more step by step, so that a host that returns does not get all waiting jobs at once.
///
///     open ──failed──► paused ──time, or an answer──►  probing ──succeeded──► ramping ──succeeded…──► open
///                        ▲                                    │                      │
///                        └───────────────failed───────────────┴──────────failed──────┘
package struct HostCircuitBreaker {
  private enum State {
    case open
    case paused(until: ContinuousClock.Instant)
    case probing
    /// That many may run at once; doubled by each success.
    case ramping(Int)
  }

  private var state = State.open
  /// Failures in a row.
  package private(set) var failures = 0
  /// Why it pauses; `nil` when it does not.
  package private(set) var reason: String?
  /// The host named the end of the pause itself: nothing ends it sooner.
  private var hasRetryAfter = false

  /// The longest pause: what waits for a host that was away for hours is caught up with within a minute of its return.
  private static let longestPause = Duration.seconds(15)
  /// Beyond this the limits of the pools are what counts.
  private static let widest = 64

  /// Admits everything.
  package init() {}

  /// Continues the pause of an earlier process.
  package init(pausedUntil moment: ContinuousClock.Instant, reason: String, failures: Int, hasRetryAfter: Bool) {
    state = .paused(until: moment)
    self.reason = reason
    self.failures = failures
    self.hasRetryAfter = hasRetryAfter
  }

  /// Until when nothing is tried, and whether the host named that time; `nil` when something may be tried.
  package var pausedUntil: (moment: ContinuousClock.Instant, hasRetryAfter: Bool)? {
    if case .paused(let until) = state { (until, hasRetryAfter) } else { nil }
  }

  /// Whether another job may start while `running` run. Changes nothing: see `start`.
  package func mayStart(running: Int, at now: ContinuousClock.Instant) -> Bool {
    switch state {
    case .open: true
    case .paused(let until): now >= until && running == 0
    case .probing: running == 0
    case .ramping(let width): running < width
    }
  }

  /// A job starts that `mayStart` allowed.
  package mutating func start() {
    if case .paused = state { state = .probing }
  }

  /// A job or request failed by the host.
  ///
  /// - Parameters:
  ///   - jitter: 0 to 1, so that many sites do not come back at one moment.
  ///   - retryAfter: what the host asked for: the pause ends no sooner.
  package mutating func failed(
    _ why: String, at now: ContinuousClock.Instant, jitter: Double, retryAfter: Duration? = nil
  ) {
    if case .paused(let until) = state {
      // Jobs that were started together fail together: that is one failure. The longest `Retry-After` of them counts.
      if let retryAfter, now + retryAfter > until {
        state = .paused(until: now + retryAfter)
        hasRetryAfter = true
        reason = why
      }
      return
    }
    failures += 1
    reason = why
    hasRetryAfter = retryAfter != nil
    let pause = min(Self.longestPause, .milliseconds(500 * (1 << min(failures, 6)))) * (0.75 + jitter / 2)
    // A little later than asked for, so that a clock that is a little fast does not ask too soon.
    state = .paused(until: now + max(pause, retryAfter.map { $0 + .seconds(1) * jitter } ?? .zero))
  }

  /// A job or request got its answer.
  package mutating func succeeded() {
    switch state {
    case .open: break
    // Of a job that was begun before the failure: no sign of how the host is now.
    case .paused: return
    case .probing: state = .ramping(2)
    case .ramping(let width): state = width >= Self.widest ? .open : .ramping(width * 2)
    }
    failures = 0
    reason = nil
    hasRetryAfter = false
  }

  /// Another part of this process got an answer from the host: try now, unless the host named a time itself.
  package mutating func answeredElsewhere(at now: ContinuousClock.Instant) {
    if case .paused(let until) = state, until > now, !hasRetryAfter { state = .paused(until: now) }
  }
}
