internal import BoundedHTTP
internal import WorkerPool

/// One request and its answer, asked by a task and read by a blocking thread. Owns the task: `end` leaves nothing of
/// it.
final class HTTPUploadPackExchange {
  /// The head of an answer.
  struct Head: Sendable {
    let status: Int
    let headers: HTTPHeaderFields
  }

  /// Read ahead of the consumer; one window of a fast connection.
  private static let bufferBytes = 1 << 20
  /// How long a task that was cancelled may take to end before we go on without it.
  private static let farewell = Duration.milliseconds(500)
  /// Bytes that may follow the last needed byte, and how long to wait for them, so that the connection can be reused:
  /// usually the end of a chunked body.
  private static let remainderBytes = 64 << 10
  private static let remainderWait = Duration.milliseconds(200)

  private let head = Delivery<Head>()
  private let body = ByteHandover(limit: bufferBytes)
  private let ending = Delivery<Void>()
  private let cancellation: CancellationFlag
  private let deadline: Deadline
  private let task: Task<Void, Never>
  private var isEnded = false

  /// Sends the request as soon as the gate lets it through.
  init(
    _ request: HTTPRequest, client: BoundedHTTPClient, gate: AdmissionGate, cancellation: CancellationFlag,
    deadline: Deadline
  ) {
    self.cancellation = cancellation
    self.deadline = deadline
    task = Task { [head, body, ending] in
      do {
        try await gate.enter()
        defer { gate.leave() }
        try await client.exchange(request) { answer in
          head.fulfill(.success(Head(status: answer.status, headers: answer.headers)))
          while let piece = try await answer.next() { try await body.push(piece) }
        }
        body.finish()
      } catch {
        head.fulfill(.failure(error))
        body.finish(error)
      }
      ending.fulfill(.success(()))
    }
  }

  deinit { task.cancel() }

  /// Waits for the head of the answer.
  /// - Throws: `HTTPFailure`, `Cancelled`, `DeadlineExceeded`, `WorkerPoolError`; nothing is left of the exchange then.
  func waitForHead() throws -> Head {
    do {
      return try head.wait(until: deadline, cancellation: cancellation)
    } catch {
      end()
      throw error
    }
  }

  /// Reads the body; 0 at its end.
  /// - Throws: as `waitForHead`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    do {
      let count = try body.read(into: buffer, until: deadline, cancellation: cancellation)
      if count == 0 { isEnded = true }
      return count
    } catch {
      end()
      throw error
    }
  }

  /// The beginning of the body, for a closer look at an answer that is not what it should be. Errors count as its end.
  func prefix(_ limit: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    var filled = 0
    let soon = deadline.earlier(.after(.seconds(5)))
    bytes.withUnsafeMutableBytes { buffer in
      while filled < limit {
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        // Only an ornament of the error that we are about to throw: what cannot be read is left out.
        guard let count = try? body.read(into: rest, until: soon, cancellation: cancellation), count > 0 else { break }
        filled += count
      }
    }
    return Array(bytes[..<filled])
  }

  /// Reads what little may be left, so that the connection is kept, and ends.
  func settle() {
    guard !isEnded else { return }
    let soon = deadline.earlier(.after(Self.remainderWait))
    var left = Self.remainderBytes
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
      // An error here only costs the connection: the answer was complete for the caller.
      while left > 0, let count = try? body.read(into: buffer, until: soon, cancellation: cancellation) {
        if count == 0 {
          isEnded = true
          return
        }
        left -= count
      }
    }
    end()
  }

  /// Ends at once; an answer that is still on its way costs its connection.
  func end() {
    guard !isEnded else { return }
    isEnded = true
    task.cancel()
    body.abandon()
    _ = ending.isThere(by: .after(Self.farewell))
  }
}

/// The body of an answer, as bytes for the conversation.
final class HTTPUploadPackAnswer: ByteSource {
  private let exchange: HTTPUploadPackExchange
  private let channel: HTTPUploadPack
  private let operation: HTTPUploadPack.Operation

  init(_ exchange: HTTPUploadPackExchange, channel: HTTPUploadPack, operation: HTTPUploadPack.Operation) {
    self.exchange = exchange
    self.channel = channel
    self.operation = operation
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try channel.translating(operation) { try exchange.read(into: buffer) }
  }
}
