internal import WorkerPool

/// An end for async work that has none of its own.
enum TimeLimit {
  /// Runs `body`, and cancels it when it takes longer.
  /// - Throws: `DeadlineExceeded`, and what `body` throws.
  static func run<T: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    try await withThrowingTaskGroup(of: T?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await TimedWait.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      guard case .some(.some(let result)) = try await group.next() else { throw DeadlineExceeded() }
      return result
    }
  }

  /// Waits for a place, which must be given back by `leave`.
  /// - Throws: `DeadlineExceeded`, and what `enter` throws; then there is no place to give back.
  static func enter(_ gate: AskerGate, _ asker: Asker, within limit: Duration) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await gate.enter(asker)
        return true
      }
      group.addTask {
        try await TimedWait.sleep(for: limit)
        return false
      }
      let isAdmitted = try await group.next()
      group.cancelAll()
      if isAdmitted == true { return }
      // The place may have come at the same moment.
      while let result = await group.nextResult() {
        if case .success(true) = result { gate.leave(asker) }
      }
      throw DeadlineExceeded()
    }
  }
}
