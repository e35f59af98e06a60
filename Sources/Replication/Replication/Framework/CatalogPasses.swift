/// Runs the consistency passes of one kind one after another.
actor CatalogPasses {
  private var isRunning = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Runs a pass after those before it have ended.
  /// - Throws: the pass's errors, and `CancellationError` when the task was cancelled before its turn.
  func run<Answer: Sendable>(_ pass: @Sendable () async throws -> Answer) async throws -> Answer {
    await enter()
    defer { leave() }
    try Task.checkCancellation()
    return try await pass()
  }

  private func enter() async {
    guard isRunning else {
      isRunning = true
      return
    }
    // A pass ends with its task, so a wait for it ends too: it needs no cancellation of its own.
    await withCheckedContinuation { waiting.append($0) }
  }

  private func leave() {
    if waiting.isEmpty { isRunning = false } else { waiting.removeFirst().resume() }
  }
}
