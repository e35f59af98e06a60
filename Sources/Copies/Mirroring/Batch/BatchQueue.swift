internal import GitTransport

/// Which requests of a batch may begin now: in their order, but none to a host that has asked to be left alone for a while.
struct BatchQueue {
  /// The first pause that ends while requests wait for it.
  struct Pause {
    /// A request that waits for it.
    let index: Int
    let host: String
    let end: ContinuousClock.Instant
    /// How long it still lasts, rounded up.
    let seconds: Int
  }

  /// How often one request is tried again.
  private static let retries = 10

  private let requests: [MirrorRequest]
  private let now: () -> ContinuousClock.Instant
  private let start: ContinuousClock.Instant
  /// Indices of requests that have not begun or are to be tried again, in the order of the list.
  private var waiting: [Int]
  private var pausedUntil: [String: ContinuousClock.Instant] = [:]
  private var tries: [Int: Int] = [:]

  init(_ requests: [MirrorRequest], now: @escaping () -> ContinuousClock.Instant = { ContinuousClock.now }) {
    self.requests = requests
    self.now = now
    start = now()
    waiting = requests.indices.reversed()
  }

  var isEmpty: Bool { waiting.isEmpty }

  /// Takes the next request that may begin; `nil` when there is none now.
  mutating func next() -> Int? {
    guard !pausedUntil.isEmpty else { return waiting.popLast() }
    let now = now()
    pausedUntil = pausedUntil.filter { $0.value > now }
    guard let place = waiting.lastIndex(where: { !isPaused($0) }) else { return nil }
    return waiting.remove(at: place)
  }

  /// The pause that ends first, when all that wait do so for a host; `nil` when nothing waits.
  var pause: Pause? {
    let pauses = waiting.compactMap { index in
      requests[index].source.host.isEmpty ? nil : pausedUntil[requests[index].source.host].map { (index, $0) }
    }
    guard let (index, end) = pauses.min(by: { $0.1 < $1.1 }) else { return nil }
    let rest = max(.zero, end - now())
    return Pause(index: index, host: requests[index].source.host, end: end, seconds: Int(rest.components.seconds) + 1)
  }

  /// Puts a request back that its host refused for now, and pauses the host.
  ///
  /// - Returns: false when the request has ended: another error, no time named, one that is later than the run may last, or too
  ///   many tries.
  mutating func putBack(_ index: Int, after error: MirrorError?) -> Bool {
    let request = requests[index]
    guard let error, error.code.rawValue == TransportError.Code.rateLimited.rawValue, let wait = error.retryAfter,
      !request.source.host.isEmpty
    else { return false }
    // A second more: the host's clock and ours need not agree on when a second ends.
    let end = now() + max(wait, .seconds(1)) + .milliseconds(200)
    pausedUntil[request.source.host] = max(end, pausedUntil[request.source.host] ?? end)
    tries[index, default: 0] += 1
    guard tries[index, default: 0] <= Self.retries, end - start < request.limits.run else { return false }
    let place = waiting.firstIndex { $0 < index } ?? waiting.count
    waiting.insert(index, at: place)
    return true
  }

  /// Ends all pauses: of a batch that was cancelled every request ends at once.
  mutating func resumeAll() { pausedUntil = [:] }

  private func isPaused(_ index: Int) -> Bool { pausedUntil[requests[index].source.host] != nil }
}
