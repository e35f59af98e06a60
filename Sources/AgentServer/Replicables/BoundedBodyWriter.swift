internal import Hummingbird
internal import WorkerPool

/// Writes the body of a response so that a client which does not read cannot hold us: each piece has a deadline. Hummingbird's
/// own idle timeout does not run while a response is written.
///
/// An error thrown from the body's closure makes Hummingbird close the connection, with what is still unsent.
///
/// Unchecked because `writer` has no word about threads: it is used by one child task at a time, and whoever called `write` or
/// `finish` waits until that task has ended.
final class BoundedBodyWriter: @unchecked Sendable {
  private var writer: any ResponseBodyWriter
  private let limit: Duration

  /// - Parameter limit: how long one piece may take.
  init(_ writer: any ResponseBodyWriter, limit: Duration) {
    self.writer = writer
    self.limit = limit
  }

  /// - Throws: `DeadlineExceeded`, and what the connection says when it is gone.
  func write(_ bytes: [UInt8]) async throws {
    try await bounded { try await self.writer.write(ByteBuffer(bytes: bytes)) }
  }

  /// Ends the body. To be called last.
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
