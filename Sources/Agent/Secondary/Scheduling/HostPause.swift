/// Lets work for a host rest when the host, or this machine, fails: touches no entry, asks with one probe, and then lets work
/// back in step by step, so that a host that returns meets no herd.
///
///     open ──failed──► resting ──time, or a sign of life──► probing ──succeeded──► ramping ──succeeded…──► open
///                         ▲                                     │                      │
///                         └───────────────failed────────────────┴──────────failed──────┘
struct HostPause {
  private enum State {
    case open
    case resting(until: ContinuousClock.Instant)
    case probing
    /// That many may run at once; doubled by each success.
    case ramping(Int)
  }

  private var state = State.open
  private var failures = 0
  /// Why it rests; `nil` when it does not.
  private(set) var reason: String?

  /// The longest rest: what waits for a host that was away for hours is caught up with within a minute of its return.
  private static let longestRest = Duration.seconds(15)
  /// Beyond this the limits of the pools are what counts.
  private static let widest = 64

  /// Whether another job may start while `running` run.
  mutating func mayStart(running: Int, at now: ContinuousClock.Instant) -> Bool {
    switch state {
    case .open: return true
    case .resting(let until):
      guard now >= until, running == 0 else { return false }
      state = .probing
      return true
    case .probing: return running == 0
    case .ramping(let width): return running < width
    }
  }

  /// - Parameter jitter: 0 to 1, so that many sites do not come back at one moment.
  mutating func failed(_ why: String, at now: ContinuousClock.Instant, jitter: Double) {
    // Jobs that were started together fail together: that is one failure.
    if case .resting = state { return }
    failures += 1
    reason = why
    let rest = min(Self.longestRest, .milliseconds(500 * (1 << min(failures, 6))))
    state = .resting(until: now + rest * (0.75 + jitter / 2))
  }

  mutating func succeeded() {
    failures = 0
    switch state {
    case .open: return
    // Of a job that was begun before the failure: no sign of how the host is now.
    case .resting: return
    case .probing: state = .ramping(2)
    case .ramping(let width): state = width >= Self.widest ? .open : .ramping(width * 2)
    }
    reason = nil
  }

  /// Somebody else has just heard from the host: try now.
  mutating func signOfLife(at now: ContinuousClock.Instant) {
    if case .resting(let until) = state, until > now { state = .resting(until: now) }
  }
}
