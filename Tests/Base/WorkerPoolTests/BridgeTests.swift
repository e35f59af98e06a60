import Synchronization
import TestSupport
import Testing
import WorkerPool

@Suite struct BridgeTests {
  private struct Planned: Error {}

  @Test("a value and an error of the operation come out on the blocking thread")
  func results() async throws {
    let number = try await OwnThread.run {
      try Bridge.wait(until: .after(.seconds(30)), cancellation: CancellationFlag()) { 42 }
    }
    #expect(number == 42)
    await #expect(throws: Planned.self) {
      try await OwnThread.run {
        try Bridge.wait(until: .after(.seconds(30)), cancellation: CancellationFlag()) { throw Planned() }
      }
    }
  }

  @Test("at the deadline the operation is cancelled and the wait ends")
  func deadline() async throws {
    let wasCancelled = Delivery<Void>()
    await #expect(throws: DeadlineExceeded.self) {
      try await OwnThread.run {
        try Bridge.wait(until: .after(.milliseconds(20)), cancellation: CancellationFlag()) {
          await Self.untilCancelled()
          wasCancelled.fulfill(.success(()))
        }
      }
    }
    #expect(try await happens(wasCancelled))
  }

  @Test("a raised flag cancels the operation and ends the wait")
  func raise() async throws {
    let flag = CancellationFlag()
    let wasCancelled = Delivery<Void>()
    await #expect(throws: Cancelled.self) {
      try await OwnThread.run {
        try Bridge.wait(until: .distant, cancellation: flag) {
          flag.raise()
          await Self.untilCancelled()
          wasCancelled.fulfill(.success(()))
        }
      }
    }
    #expect(try await happens(wasCancelled))
  }

  @Test("with a flag that is raised before, the operation is not begun")
  func raisedBefore() async throws {
    let flag = CancellationFlag()
    flag.raise()
    let ran = Atomic(false)
    await #expect(throws: Cancelled.self) {
      try await OwnThread.run {
        try Bridge.wait(until: .distant, cancellation: flag) { ran.store(true, ordering: .relaxed) }
      }
    }
    #expect(ran.load(ordering: .relaxed) == false)
  }

  @Test("an operation that ignores its cancellation does not hold the wait")
  func stubborn() async throws {
    let release = AsyncStream<Void>.makeStream()
    await #expect(throws: DeadlineExceeded.self) {
      try await OwnThread.run {
        try Bridge.wait(until: .after(.milliseconds(1)), cancellation: CancellationFlag()) {
          await withCheckedContinuation { continuation in
            // Nothing resumes it before the wait has ended, not even its own cancellation.
            Task {
              for await _ in release.stream {}
              continuation.resume()
            }
          }
        }
      }
    }
    release.continuation.finish()
  }

  @Test("raising and finishing at the same moment gives one or the other, never neither")
  func race() async throws {
    try await OwnThread.run {
      for round in 0..<300 {
        let flag = CancellationFlag()
        OwnThread.start(named: "raiser") { flag.raise() }
        do {
          let value = try Bridge.wait(until: .after(.seconds(30)), cancellation: flag) { round }
          #expect(value == round)
        } catch {
          #expect(error is Cancelled)
        }
      }
    }
  }

  private static func untilCancelled() async {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    await withTaskCancellationHandler {
      for await _ in stream {}
    } onCancel: {
      continuation.finish()
    }
  }
}
