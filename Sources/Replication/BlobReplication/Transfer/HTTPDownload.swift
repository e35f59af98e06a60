import BoundedHTTP
import WorkerPool

/// One request and its answer, asked by a task and read by a blocking thread. Owns the task: `end` leaves nothing of
/// it.
final class HTTPDownload {
  /// The head of an answer.
  struct Head: Sendable {
    let status: Int
    let headers: HTTPHeaderFields
  }

  /// Read ahead of the disk.
  private static let bufferBytes = 1 << 20
  /// How long a task that was cancelled may take to end before we go on without it.
  private static let farewell = Duration.milliseconds(500)

  private let head = Delivery<Head>()
  private let body = ByteHandover(limit: bufferBytes)
  private let ending = Delivery<Void>()
  private let cancellation: CancellationFlag
  private let deadline: Deadline
  private let task: Task<Void, Never>

  init(_ request: HTTPRequest, client: BoundedHTTPClient, cancellation: CancellationFlag, deadline: Deadline) {
    self.cancellation = cancellation
    self.deadline = deadline
    task = Task { [head, body, ending] in
      do {
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
  /// - Throws: `HTTPFailure`, `Cancelled`, `DeadlineExceeded`.
  func waitForHead() throws -> Head { try head.wait(until: deadline, cancellation: cancellation) }

  /// Reads the body; 0 at its end.
  /// - Throws: as `waitForHead`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try body.read(into: buffer, until: deadline, cancellation: cancellation)
  }

  /// Ends at once; an answer that is still on its way costs its connection.
  func end() {
    task.cancel()
    body.abandon()
    _ = ending.isThere(by: .after(Self.farewell))
  }
}
