/// The tokens of one site that were taken and could be shown again.
///
/// Bounded in time, because a token is forgotten when it would be refused for its age, and in number, because beyond
/// that the memory says `full` rather than forget.
struct ReplayMemory {
  enum Answer: Equatable {
    case fresh, seen, full
  }

  private let capacity: Int
  private var seen: Set<TokenNonce> = []
  /// By the second after which they may be forgotten.
  private var byEnd: [Int64: [TokenNonce]] = [:]
  private var lastSwept = Int64.min

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { seen.count }

  /// Stores the nonce until the end of the second `end`, unless it is stored already.
  mutating func remember(_ nonce: TokenNonce, until end: Int64, now: Int64) -> Answer {
    forget(before: now)
    if seen.contains(nonce) { return .seen }
    guard seen.count < capacity else { return .full }
    seen.insert(nonce)
    byEnd[end, default: []].append(nonce)
    return .fresh
  }

  /// At most once a second, and over a few hundred seconds at most: the cost of a request does not grow with the number
  /// of stored nonces.
  private mutating func forget(before now: Int64) {
    guard now > lastSwept else { return }
    lastSwept = now
    for end in byEnd.keys.filter({ $0 < now }) {
      for nonce in byEnd.removeValue(forKey: end) ?? [] { seen.remove(nonce) }
    }
  }
}
