internal import AgentAPI
internal import Synchronization

/// Limits the requests of one asker, and the wrong tokens of one client.
///
/// Both are counted after authentication: wrong tokens must not lock out other clients at the same address. A valid
/// token has 32 bytes at least, so that it cannot be guessed at any rate. A client over the limit is answered 429
/// without a line in the log.
final class PeerRates: Sendable {
  /// The limits.
  struct Limits: Sendable {
    /// Requests of one asker in a second.
    var requestsPerSecond = 2_000
    /// Wrong tokens of readers and admins by one client in a minute.
    var wrongTokensPerMinute = 5
    /// Sessions of the page that one client may begin per minute: each is a line of the audit log.
    var signInsPerMinute = 30
    /// Wrong tokens of sites, and wrong signatures, by one client in a minute.
    var refusalsPerMinute = 1_200
  }

  /// The kind of a refusal.
  enum Refusal: Sendable {
    /// A reader's or admin's token.
    case token
    /// A site's token, or a signature.
    case signature
  }

  /// A token bucket with a fill rate per second and a size.
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
  }

  private struct Peer {
    var requests: Bucket
    var signatures: Bucket
    var tokens: Bucket
    var signIns: Bucket
    var lastSeen: ContinuousClock.Instant
  }

  private let limits: Limits
  private let peers = Mutex<[String: Peer]>([:])
  /// Above this number a new bucket evicts the half that was unused for longest.
  private static let capacity = 4_096

  init(_ limits: Limits = Limits()) { self.limits = limits }

  /// Counts a request.
  ///
  /// - Parameter asker: the site, or the network of any other client.
  /// - Throws: `AgentFault` 429 for one over the limit.
  func admit(_ asker: String) throws(AgentFault) {
    guard take(asker, { $0.requests.take(at: $1) }) else {
      throw AgentFault(
        429, "too_many_requests", "take so many requests from one asker",
        hint: "ask less often, or raise limits.requests_per_second")
    }
  }

  /// Counts the start of a session.
  ///
  /// - Throws: `AgentFault` 429 for a client over the limit.
  func signIn(_ client: Client) throws(AgentFault) {
    guard take(client.network, { $0.signIns.take(at: $1) }) else {
      throw AgentFault(
        429, "too_many_sign_ins", "begin another session for this address",
        hint: "wait a minute, or use the one that is open")
    }
  }

  /// Counts a wrong token or signature.
  ///
  /// - Throws: `AgentFault` 429 for a client over the limit, to be answered instead of the refusal.
  func refuse(_ client: Client, _ refusal: Refusal) throws(AgentFault) {
    switch refusal {
    case .token:
      guard take(client.network, { $0.tokens.take(at: $1) }) else {
        throw AgentFault(
          429, "too_many_guesses", "take another wrong token from this address",
          hint: "wait a minute, or use the agent's own socket; a right token is taken at once")
      }
    case .signature:
      guard take(client.network, { $0.signatures.take(at: $1) }) else {
        throw AgentFault(
          429, "too_many_requests", "take another wrong token from this address",
          hint: "wait a minute; a right token is taken at once")
      }
    }
  }

  private func take(_ key: String, _ one: (inout Peer, ContinuousClock.Instant) -> Bool) -> Bool {
    let now = ContinuousClock.now
    return peers.withLock { peers in
      if peers[key] == nil, peers.count >= Self.capacity { Self.forget(&peers) }
      var peer = peers[key] ?? new(at: now)
      peer.lastSeen = now
      let isTaken = one(&peer, now)
      peers[key] = peer
      return isTaken
    }
  }

  private func new(at now: ContinuousClock.Instant) -> Peer {
    let perSecond = Double(limits.requestsPerSecond)
    let signatures = Double(limits.refusalsPerMinute)
    let (tokens, signIns) = (Double(limits.wrongTokensPerMinute), Double(limits.signInsPerMinute))
    return Peer(
      requests: Bucket(perSecond: perSecond, size: 2 * perSecond, at: now),
      signatures: Bucket(perSecond: signatures / 60, size: max(1, signatures / 12), at: now),
      tokens: Bucket(perSecond: tokens / 60, size: tokens, at: now),
      signIns: Bucket(perSecond: signIns / 60, size: signIns, at: now), lastSeen: now)
  }

  private static func forget(_ peers: inout [String: Peer]) {
    let median = peers.values.map(\.lastSeen).sorted()[peers.count / 2]
    peers = peers.filter { $0.value.lastSeen > median }
  }
}
