/// Runs what must not overlap, one after another, in the order in which it was asked for.
///
/// An actor alone does not do it: it takes another call while one waits.
actor Turns {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Waits for its turn, runs `body`, and lets the next one run. Not reentrant: `body` must not ask for a turn of the same value.
  func run<Answer: Sendable>(_ body: @Sendable () async throws -> Answer) async throws -> Answer {
    if isTaken {
      await withCheckedContinuation { waiting.append($0) }
    } else {
      isTaken = true
    }
    defer { end() }
    return try await body()
  }

  private func end() {
    if waiting.isEmpty {
      isTaken = false
    } else {
      waiting.removeFirst().resume()
    }
  }
}
