/// Runs operations that must not overlap one after another, in the order of the calls.
///
/// An actor alone does not suffice: it is reentrant while a call is suspended.
actor Turns {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Waits for its turn, runs `body`, and lets the next one run. Not reentrant: `body` must not ask for a turn of the
  /// same value.
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
