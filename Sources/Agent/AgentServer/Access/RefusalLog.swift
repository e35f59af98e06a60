internal import Synchronization

/// Bounds the log lines of refused requests: an unauthenticated client must not fill the log.
///
/// A client's network has 60 lines, and one more each second; all clients together have 600, and ten more each second.
/// Further refusals are counted in the metrics only.
final class RefusalLog: Sendable {
  private struct State {
    var all: PeerRates.Bucket
    var clients: [String: PeerRates.Bucket] = [:]
  }

  private let state: Mutex<State>
  private let now: @Sendable () -> ContinuousClock.Instant
  /// Maximum networks in memory; with more, all counters are reset, and the total bound still applies.
  private static let capacity = 4_096

  init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.now = now
    state = Mutex(State(all: .init(perSecond: 10, size: 600, at: now())))
  }

  /// Takes one line of this network's budget; false when none is left.
  func takesLine(of network: String) -> Bool {
    let moment = now()
    return state.withLock { state in
      if state.clients.count >= Self.capacity, state.clients[network] == nil { state.clients = [:] }
      guard state.clients[network, default: .init(perSecond: 1, size: 60, at: moment)].take(at: moment) else {
        return false
      }
      return state.all.take(at: moment)
    }
  }
}
