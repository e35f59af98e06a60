internal import HTTPTypes
internal import Hummingbird
internal import WorkerPool

/// Writes the body of a response with time limits, so that a slow client cannot hold resources: each piece has a
/// deadline, and the client must read at a minimum rate. Hummingbird's own idle timeout does not run while a response
/// is written.
///
/// An error thrown from the body's closure makes Hummingbird close the connection, and drop unsent bytes.
///
/// Unchecked because `writer` is not declared `Sendable`: it is used by one child task at a time, and the caller of
/// `write` or `finish` waits until that task has ended.
final class BoundedBodyWriter: @unchecked Sendable {
  private var writer: any ResponseBodyWriter
  private let limit: Duration
  private let minimumRate: Int
  /// Since the last successful check of the rate: the time waited for the client, and the bytes.
  private var waited = Duration.zero
  private var count = 0

  /// - Parameters:
  ///   - limit: the limit of one piece's write, and the waiting time over which the rate is measured.
  ///   - minimumRate: bytes a second; 0 is any.
  init(_ writer: any ResponseBodyWriter, limit: Duration, minimumRate: Int = 0) {
    self.writer = writer
    self.limit = limit
    self.minimumRate = minimumRate
  }

  /// - Throws: `DeadlineExceeded`, also for a client that reads too slowly, and the connection's error when it is
  ///   closed.
  func write(_ bytes: [UInt8]) async throws {
    let start = ContinuousClock.now
    try await bounded { try await self.writer.write(ByteBuffer(bytes: bytes)) }
    // The time to produce the bytes is not counted; only the waits for the client are.
    waited += ContinuousClock.now - start
    count += bytes.count
    guard waited >= limit else { return }
    guard Double(count) >= Double(minimumRate) * (waited / .seconds(1)) else { throw DeadlineExceeded() }
    (waited, count) = (.zero, 0)
  }

  /// Ends the body. Call it last.
  func finish() async throws {
    try await bounded { try await self.writer.finish(nil) }
  }

  private func bounded(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { [limit] group in
      group.addTask {
        try await body()
        return true
      }
      group.addTask {
        try await TimedWait.sleep(for: limit)
        return false
      }
      defer { group.cancelAll() }
      guard try await group.next() == true else { throw DeadlineExceeded() }
    }
  }
}

extension Response {
  /// An answer of a few bytes.
  ///
  /// - Parameter endsConnection: whether the connection is closed after it. Hummingbird would otherwise read the rest
  ///   of the request first, of any size and at any rate.
  init(_ status: HTTPResponse.Status, _ headers: HTTPFields, _ bytes: ByteBuffer, endsConnection: Bool) {
    guard endsConnection else {
      self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: bytes))
      return
    }
    var headers = headers
    headers[.connection] = "close"
    let body = ResponseBody(contentLength: bytes.readableBytes) { writer in
      try await writer.write(bytes)
      try await writer.finish(nil)
      // For a client that is still sending, the close is a reset, which could drop the answer; so it gets time to read.
      try await Task.sleep(for: .milliseconds(200))
      // The answer is sent; throwing an error after it closes the connection.
      throw ConnectionEnds()
    }
    self.init(status: status, headers: headers, body: body)
  }
}

/// Not a failure: closes a connection after an answer.
private struct ConnectionEnds: Error {}
