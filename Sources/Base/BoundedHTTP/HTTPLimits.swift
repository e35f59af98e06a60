internal import Synchronization
internal import WorkerPool

/// What one exchange may cost. Every wait and every buffer of it is bounded by one of these.
package struct HTTPLimits: Sendable, Hashable {
  /// How long the peer may take to move one byte while we wait for it, connecting and the wait for the head included.
  /// The time in which the reader is busy with what it has got does not count.
  package var silence: Duration
  /// How long the whole exchange may take, body included.
  package var total: Duration
  /// Bytes of body, after decompression.
  package var bodyBytes: Int

  /// - Parameters:
  ///   - silence: above zero.
  ///   - total: above zero.
  ///   - bodyBytes: 0 or more.
  package init(silence: Duration = .seconds(60), total: Duration = .seconds(300), bodyBytes: Int = 1 << 20) {
    precondition(silence > .zero && total > .zero && bodyBytes >= 0, "limits that nothing can meet")
    self.silence = silence
    self.total = total
    self.bodyBytes = bodyBytes
  }
}

/// Watches the clock for one exchange: the total, and the silence of the peer while the caller waits for it.
///
/// AsyncHTTPClient's own read timeout also runs while nothing is read, so a reader that is busy for longer (back-pressure
/// from the indexer) would be taken for a dead server; and its deadline ends with the head.
final class Watch: Sendable {
  private struct State {
    /// When the peer last sent something, while the caller waits for it; `nil` while it does not.
    var waitingSince: ContinuousClock.Instant?
    var verdict: HTTPFailure.Kind?
  }

  private let limits: HTTPLimits
  private let end: ContinuousClock.Instant
  private let state = Mutex(State())

  init(_ limits: HTTPLimits) {
    self.limits = limits
    end = .now.advanced(by: limits.total)
  }

  /// The caller waits for the peer from now on, or the peer just sent something.
  func waitBegins() { state.withLock { $0.waitingSince = .now } }

  func waitEnds() { state.withLock { $0.waitingSince = nil } }

  /// What `run` found; it stands, whatever error its cancellation caused elsewhere.
  var verdict: HTTPFailure? {
    switch state.withLock({ $0.verdict }) {
    case .silence: HTTPFailure(.silence, "no byte for \(limits.silence)")
    case .total: HTTPFailure(.total, "not over within \(limits.total)")
    default: nil
    }
  }

  /// Sleeps until a limit is passed, then returns. Ends early when its task is cancelled.
  func run() async {
    while !Task.isCancelled {
      let now = ContinuousClock.now
      let silent = state.withLock { state in (state.waitingSince ?? now).advanced(by: limits.silence) }
      if now >= end || now >= silent {
        state.withLock { $0.verdict = now >= end ? .total : .silence }
        return
      }
      // A cancelled sleep only means that the exchange is over; the loop's condition sees it.
      try? await TimedWait.sleep(for: ContinuousClock.now.duration(to: min(silent, end)))
    }
  }
}
