import Foundation
import Synchronization

/// Sleeps that leave nothing behind when they are cancelled.
///
/// On Linux a `Task.sleep` that is cancelled returns at once, but its timer stays armed until it would have fired, and
/// wakes three threads then. A limit of hours on work of milliseconds so costs memory for hours: measured, an agent
/// that had served 10,000 fetches fired 50 such timers a second for minutes, with 50 MB more than one that had not.
package enum TimedWait {
  private struct State {
    var waiting: [UInt64: Waiter] = [:]
    var nextTicket: UInt64 = 0
    /// When the thread looks next; `nil` when it does not run yet.
    var alarm: Deadline?
  }

  private struct Waiter: Sendable {
    let deadline: Deadline
    let continuation: CheckedContinuation<Void, any Error>
  }

  private static let state = Mutex(State())
  /// What wakes the thread before its alarm. Apart from the state, so that it is not woken for each who comes and goes.
  private static let earlier = Monitor(Deadline.distant)

  /// Returns after this time.
  ///
  /// - Throws: `CancellationError`, at once, when the task is cancelled.
  package static func sleep(for duration: Duration) async throws {
    try await sleep(until: .after(duration))
  }

  /// Returns when the deadline has passed.
  ///
  /// - Throws: `CancellationError`, at once, when the task is cancelled.
  package static func sleep(until deadline: Deadline) async throws {
    let ticket = state.withLock { state in
      defer { state.nextTicket += 1 }
      return state.nextTicket
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { start(ticket, Waiter(deadline: deadline, continuation: $0)) }
    } onCancel: {
      // A task is marked as cancelled before this runs: either `start` has seen the mark, or the waiter is there.
      let waiter = state.withLock { $0.waiting.removeValue(forKey: ticket) }
      waiter?.continuation.resume(throwing: CancellationError())
    }
  }

  /// How many sleep now.
  package static var count: Int { state.withLock { $0.waiting.count } }

  private enum Start { case cancelled, asleep, earliest, first }

  private static func start(_ ticket: UInt64, _ waiter: Waiter) {
    let start = state.withLock { state -> Start in
      if Task.isCancelled { return .cancelled }
      state.waiting[ticket] = waiter
      guard let alarm = state.alarm else {
        state.alarm = waiter.deadline
        return .first
      }
      guard waiter.deadline < alarm else { return .asleep }
      state.alarm = waiter.deadline
      return .earliest
    }
    switch start {
    case .cancelled: waiter.continuation.resume(throwing: CancellationError())
    case .asleep: break
    case .earliest: earlier.withLock { $0 = min($0, waiter.deadline) }
    case .first: Thread.detachNewThread(run)
    }
  }

  /// The thread's loop. It examines all waiters when the earliest alarm is due, and not for each that is cancelled
  /// before.
  private static func run() {
    while true {
      // Before it looks: a caller that arrives from now on is seen in the next line, or wakes it.
      earlier.withLock { $0 = .distant }
      let (due, alarm) = state.withLock { state in
        let due = state.waiting.filter(\.value.deadline.hasPassed)
        for ticket in due.keys { state.waiting[ticket] = nil }
        let alarm = state.waiting.values.map(\.deadline).min() ?? .distant
        state.alarm = alarm
        return (due.values.map(\.continuation), alarm)
      }
      for continuation in due { continuation.resume() }
      _ = earlier.wait(until: alarm) { $0 < alarm ? true : nil }
    }
  }
}
