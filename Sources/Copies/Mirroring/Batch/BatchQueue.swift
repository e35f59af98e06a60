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
  /// Indices of requests that have not begun or are to be tried again, in the order of the list.
  private var waiting: [Int]
  private var pausedUntil: [String: ContinuousClock.Instant] = [:]
  /// Since when a host has refused, without serving anything in between.
  private var refusingSince: [String: ContinuousClock.Instant] = [:]
  private var tries: [Int: Int] = [:]

  init(_ requests: [MirrorRequest], now: @escaping () -> ContinuousClock.Instant = { ContinuousClock.now }) {
    self.requests = requests
    self.now = now
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
  /// - Returns: false when the request has ended: another error, no time named, too many tries, or the host would refuse for longer
  ///   than the run may last.
  mutating func putBack(_ index: Int, after error: MirrorError?) -> Bool {
    let host = requests[index].source.host
    guard let error, error.code.rawValue == TransportError.Code.rateLimited.rawValue, let wait = error.retryAfter,
      !host.isEmpty
    else {
      refusingSince[host] = nil
      return false
    }
    let now = now()
    // A second more: the host's clock and ours need not agree on when a second ends.
    let end = now + max(wait, .seconds(1)) + .milliseconds(200)
    pausedUntil[host] = max(end, pausedUntil[host] ?? end)
    refusingSince[host] = refusingSince[host] ?? now
    tries[index, default: 0] += 1
    guard tries[index, default: 0] <= Self.retries, !isHopeless(index) else { return false }
    let place = waiting.firstIndex { $0 < index } ?? waiting.count
    waiting.insert(index, at: place)
    return true
  }

  /// Takes the requests whose host refuses for longer than their runs may last: they end without asking it.
  mutating func takeHopeless() -> [(index: Int, error: MirrorError)] {
    let hopeless = waiting.filter(isHopeless)
    guard !hopeless.isEmpty else { return [] }
    let now = now()
    waiting.removeAll(where: isHopeless)
    return hopeless.reversed().map { index in
      let request = requests[index]
      let wait = max(.zero, (pausedUntil[request.source.host] ?? now) - now)
      return (
        index,
        MirrorError(
          .init(TransportError.Code.rateLimited.rawValue),
          """
          mirror '\(request.source)': '\(request.source.host)' refused another repository and asks to be left alone for \
          \(wait.components.seconds + 1) seconds
          """, retryAfter: wait)
      )
    }
  }

  private func isHopeless(_ index: Int) -> Bool {
    let request = requests[index]
    guard let end = pausedUntil[request.source.host], let since = refusingSince[request.source.host] else {
      return false
    }
    return end - since >= request.limits.run
  }

  /// Ends all pauses: of a batch that was cancelled every request ends at once.
  mutating func resumeAll() { pausedUntil = [:] }

  private func isPaused(_ index: Int) -> Bool { pausedUntil[requests[index].source.host] != nil }
}
