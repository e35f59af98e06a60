/// Hands bytes from an async producer to a blocking consumer, with a bound: the producer waits while too much is
/// unread, so that back-pressure reaches the network.
///
/// One producer, one consumer. At most `limit` bytes plus the part that reached the limit are held.
package final class ByteHandover: Sendable {
  private struct State: Sendable {
    var parts: ArraySlice<[UInt8]> = []
    /// How much of the first part is read already.
    var offset = 0
    var unread = 0
    var end: End?
    var isAbandoned = false
    var producer: CheckedContinuation<Void, Never>?
  }

  private enum End: Sendable {
    case orderly
    case failed(any Error)
  }

  private enum Reading {
    case bytes(Int, CheckedContinuation<Void, Never>?)
    case end(End)
    case raised
  }

  private let limit: Int
  private let state = Monitor(State())

  /// - Parameter limit: unread bytes from which on the producer waits, 1 or more.
  package init(limit: Int = 1 << 20) {
    precondition(limit > 0, "a hand-over without room hands nothing over")
    self.limit = limit
  }

  // MARK: The async side

  /// Appends a part and returns when there is room for more: at once, or when the consumer has read half of the limit.
  /// - Throws: `Cancelled` when the consumer has gone or the calling task is cancelled. Whether the part was handed
  ///   over is unknown: stop producing.
  package func push(_ part: [UInt8]) async throws {
    guard !part.isEmpty else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mustWait = state.withLock { state in
          precondition(state.producer == nil && state.end == nil, "one producer, and nothing after the end")
          if state.isAbandoned || Task.isCancelled { return false }
          state.parts.append(part)
          state.unread += part.count
          guard state.unread >= limit else { return false }
          state.producer = continuation
          return true
        }
        if !mustWait { continuation.resume() }
      }
    } onCancel: {
      takeProducer()?.resume()
    }
    if Task.isCancelled || state.withLock({ $0.isAbandoned }) { throw Cancelled() }
  }

  /// Ends the stream. The consumer reads the buffered bytes, then the end, or `error`. Later calls are ignored.
  package func finish(_ error: (any Error)? = nil) {
    state.withLock { state in
      if state.end == nil { state.end = error.map { .failed($0) } ?? .orderly }
    }
  }

  // MARK: The blocking side

  /// Blocks until bytes are there, and copies as many as fit.
  ///
  /// The deadline bounds this one wait. That distinguishes a silent peer from a busy consumer: only the time in here
  /// counts.
  /// - Returns: the number of bytes, 0 at the end.
  /// - Throws: the error given to `finish` (again at every later call), `Cancelled`, or `DeadlineExceeded`.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, until deadline: Deadline, cancellation: CancellationFlag
  ) throws -> Int {
    precondition(!buffer.isEmpty, "no room to read into")
    try cancellation.check()
    // Usually bytes are available, and the flag needs no registration.
    var reading = state.withLock { take(&$0, into: buffer) }
    if reading == nil {
      let registration = cancellation.onRaise { [state] in state.wakeAll() }
      defer { registration.remove() }
      reading = state.wait(until: deadline) { cancellation.isRaised ? .raised : take(&$0, into: buffer) }
    }
    switch reading {
    case .bytes(let count, let producer):
      producer?.resume()
      return count
    case .end(.orderly): return 0
    case .end(.failed(let error)): throw error
    case .raised: throw Cancelled()
    case nil: throw DeadlineExceeded()
    }
  }

  /// Ends the consumer's side: unread bytes are dropped, and the producer's next `push` throws.
  package func abandon() {
    let producer = state.withLock { state in
      state.isAbandoned = true
      state.parts = []
      state.unread = 0
      defer { state.producer = nil }
      return state.producer
    }
    producer?.resume()
  }

  private func take(_ state: inout State, into buffer: UnsafeMutableRawBufferPointer) -> Reading? {
    var filled = 0
    while filled < buffer.count, let part = state.parts.first {
      let count = min(buffer.count - filled, part.count - state.offset)
      part.withUnsafeBytes { bytes in
        let piece = UnsafeRawBufferPointer(rebasing: bytes[state.offset..<state.offset + count])
        UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count]).copyMemory(from: piece)
      }
      filled += count
      state.offset += count
      if state.offset == part.count {
        state.parts.removeFirst()
        state.offset = 0
      }
    }
    if filled == 0 { return state.end.map { .end($0) } }
    state.unread -= filled
    guard state.unread <= limit / 2 else { return .bytes(filled, nil) }
    defer { state.producer = nil }
    return .bytes(filled, state.producer)
  }

  private func takeProducer() -> CheckedContinuation<Void, Never>? {
    state.withLock { state in
      defer { state.producer = nil }
      return state.producer
    }
  }
}
