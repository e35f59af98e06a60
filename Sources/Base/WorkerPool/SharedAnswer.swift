internal import Synchronization

/// Answers all who ask at about the same time by making the answer once.
///
/// No caller gets an answer that was begun before it asked: callers that arrive while one is made share the next one with all that
/// came meanwhile. However many ask, no more than one is made at a time, and no wait is longer than two of them.
package final class SharedAnswer<Answer: Sendable>: Sendable {
  private enum Turn: Sendable {
    /// It was made.
    case answered(Result<Answer, any Error>)
    /// Make it, for these too.
    case make([CheckedContinuation<Turn, Never>])
  }

  private struct Line: Sendable {
    var isMaking = false
    var waiting: [CheckedContinuation<Turn, Never>] = []
  }

  private let line = Mutex(Line())

  /// No caller waits yet.
  package init() {}

  /// The answer, made by this call or by another one that waited with it.
  ///
  /// - Throws: what `make` throws. A cancellation ends the call that was cancelled, and another waiting caller makes the answer.
  package func get(_ make: @Sendable () async throws -> Answer) async throws -> Answer {
    let turn = await withCheckedContinuation { continuation in
      let isFirst = line.withLock { line in
        guard line.isMaking else {
          line.isMaking = true
          return true
        }
        line.waiting.append(continuation)
        return false
      }
      if isFirst { continuation.resume(returning: .make([])) }
    }
    switch turn {
    case .answered(let result): return try result.get()
    case .make(let others):
      do {
        let answer = try await make()
        handOver()
        for other in others { other.resume(returning: .answered(.success(answer))) }
        return answer
      } catch is CancellationError {
        handOver(others)
        throw CancellationError()
      } catch {
        handOver()
        for other in others { other.resume(returning: .answered(.failure(error))) }
        throw error
      }
    }
  }

  /// Has the first of those who wait make the next answer, for itself and the others.
  private func handOver(_ unanswered: [CheckedContinuation<Turn, Never>] = []) {
    let next = line.withLock { line in
      let next = unanswered + line.waiting
      line.waiting = []
      line.isMaking = !next.isEmpty
      return next
    }
    next.first?.resume(returning: .make(Array(next.dropFirst())))
  }
}
