internal import AgentAPI
internal import Synchronization

/// How often one peer may ask, and be refused: a program gone wild must not take the agent's time, nor fill its log.
final class PeerRates: Sendable {
  /// A bucket that fills by so many a second, up to its size.
  struct Bucket {
    let perSecond: Double
    let size: Double
    private var level: Double
    private var filledAt: ContinuousClock.Instant

    init(perSecond: Double, size: Double, at now: ContinuousClock.Instant) {
      self.perSecond = perSecond
      self.size = size
      level = size
      filledAt = now
    }

    /// Takes one out; false when it is empty.
    mutating func take(at now: ContinuousClock.Instant) -> Bool {
      level = min(size, level + (now - filledAt) / .seconds(1) * perSecond)
      filledAt = now
      guard level >= 1 else { return false }
      level -= 1
      return true
    }

    func isEmpty(at now: ContinuousClock.Instant) -> Bool {
      level + (now - filledAt) / .seconds(1) * perSecond < 1
    }
  }

  private struct Peer {
    var requests: Bucket
    var refusals: Bucket
    var guesses: Bucket
    var lastSeen: ContinuousClock.Instant
  }

  private let peers = Mutex<[String: Peer]>([:])
  /// Who comes when so many are known displaces the half that was quiet longest.
  private static let capacity = 4_096

  /// A request from there.
  ///
  /// - Throws: `AgentFault` 429 for whoever asks, or was refused, too often.
  func admit(_ address: String) throws(AgentFault) {
    let now = ContinuousClock.now
    let isAdmitted = peers.withLock { peers in
      if peers[address] == nil, peers.count >= Self.capacity { Self.forget(&peers) }
      // 2,000 a second are more than a secondary needs when it fetches as fast as it can; 20 refusals are nobody's mistake.
      var peer =
        peers[address]
        ?? Peer(
          requests: Bucket(perSecond: 2_000, size: 4_000, at: now), refusals: Bucket(perSecond: 20, size: 100, at: now),
          guesses: Bucket(perSecond: 5 / 60, size: 5, at: now), lastSeen: now)
      peer.lastSeen = now
      let isAdmitted = peer.requests.take(at: now) && !peer.refusals.isEmpty(at: now)
      peers[address] = peer
      return isAdmitted
    }
    guard isAdmitted else {
      throw AgentFault(429, "too_many_requests", "take so many requests from one peer", hint: "ask less often")
    }
  }

  /// A person's token is about to be judged.
  ///
  /// - Throws: `AgentFault` 429 for a peer that has given five wrong ones within the last minute: right or wrong is not told then.
  func admitGuess(_ address: String) throws(AgentFault) {
    let isGuessing = peers.withLock { $0[address]?.guesses.isEmpty(at: .now) ?? false }
    guard !isGuessing else {
      throw AgentFault(
        429, "too_many_guesses", "take another token from this address: the last five were wrong",
        hint: "wait a minute, or use the agent's own socket")
    }
  }

  /// It was wrong.
  func guessed(_ address: String) {
    peers.withLock { _ = $0[address]?.guesses.take(at: .now) }
  }

  /// It could not say who it is.
  func refused(_ address: String) {
    peers.withLock { _ = $0[address]?.refusals.take(at: .now) }
  }

  private static func forget(_ peers: inout [String: Peer]) {
    let median = peers.values.map(\.lastSeen).sorted()[peers.count / 2]
    peers = peers.filter { $0.value.lastSeen > median }
  }
}
