/// Hands bytes from a blocking producer to an async consumer, with a bound: the producer's thread waits while too much
/// is unread. The other direction of `ByteHandover`.
///
/// One producer, one consumer. At most `limit` bytes plus the part that reached the limit are held.
package final class ByteOutlet: Sendable {
  private struct State: Sendable {
    var parts: ArraySlice<[UInt8]> = []
    var unread = 0
    var end: Result<Void, any Error>?
    var isAbandoned = false
    var consumer: CheckedContinuation<Void, Never>?
  }

  private enum Room {
    case handedOver(CheckedContinuation<Void, Never>?)
    case nobodyReads
  }

  private let limit: Int
  private let state = Monitor(State())

  /// - Parameter limit: unread bytes from which on the producer waits, 1 or more.
  package init(limit: Int = 1 << 18) {
    precondition(limit > 0, "an outlet without room hands nothing over")
    self.limit = limit
  }

  // MARK: The blocking side

  /// Blocks until there is room, and appends a part.
  ///
  /// - Throws: `Cancelled` when the consumer has gone or the flag was raised, `DeadlineExceeded` when nothing was read
  ///   in time.
  package func push(_ part: [UInt8], until deadline: Deadline, cancellation: CancellationFlag) throws {
    guard !part.isEmpty else { return }
    let registration = cancellation.onRaise { [state] in state.wakeAll() }
    defer { registration.remove() }
    let room = state.wait(until: deadline) { state -> Room? in
      if state.isAbandoned || cancellation.isRaised { return .nobodyReads }
      guard state.unread < limit else { return nil }
      state.parts.append(part)
      state.unread += part.count
      defer { state.consumer = nil }
      return .handedOver(state.consumer)
    }
    switch room {
    case .handedOver(let consumer): consumer?.resume()
    case .nobodyReads: throw Cancelled()
    case nil: throw DeadlineExceeded()
    }
  }

  /// Ends the stream: the consumer reads the buffered bytes, then the end, or `error`. Later calls are ignored.
  package func finish(_ error: (any Error)? = nil) {
    let consumer = state.withLock { state in
      if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
      return Self.taken(&state.consumer)
    }
    consumer?.resume()
  }

  // MARK: The async side

  /// Waits for the next part; `nil` at the end.
  ///
  /// - Throws: the error given to `finish` (again at every later call), or `Cancelled` when the calling task is
  ///   cancelled.
  package func next() async throws -> [UInt8]? {
    while true {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let mustWait = state.withLock { state in
            precondition(state.consumer == nil, "one consumer")
            guard state.parts.isEmpty, state.end == nil, !Task.isCancelled else { return false }
            state.consumer = continuation
            return true
          }
          if !mustWait { continuation.resume() }
        }
      } onCancel: {
        state.withLock { Self.taken(&$0.consumer) }?.resume()
      }
      if Task.isCancelled { throw Cancelled() }
      let (part, end) = state.withLock { state in
        guard let part = state.parts.popFirst() else { return ([UInt8]?.none, state.end) }
        state.unread -= part.count
        return (part, nil)
      }
      if let part { return part }
      if let end {
        try end.get()
        return nil
      }
    }
  }

  /// Ends the consumer's side: unread bytes are dropped, and the producer's next `push` throws.
  package func abandon() {
    state.withLock { state in
      state.isAbandoned = true
      state.parts = []
      state.unread = 0
    }
  }

  private static func taken(
    _ continuation: inout CheckedContinuation<Void, Never>?
  ) -> CheckedContinuation<Void, Never>? {
    defer { continuation = nil }
    return continuation
  }
}
