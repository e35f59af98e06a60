/// Wakes one loop: any number of calls before it looks are one.
final class Signal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func raise() { continuation.yield() }

  /// Returns when it was raised since the last time, at the latest after `limit`, or when the task is cancelled.
  func wait(atMost limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [stream] in
        for await _ in stream { break }
      }
      group.addTask {
        // Its cancellation is the other one's end.
        try? await Task.sleep(for: limit)
      }
      await group.next()
      group.cancelAll()
    }
  }
}
