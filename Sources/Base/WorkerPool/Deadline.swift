internal import Foundation
internal import Synchronization

/// An instant by which something must be over. Counts through a suspension of the machine (`ContinuousClock`) and
/// does not follow the wall clock.
package struct Deadline: Sendable, Hashable, Comparable {
  private let instant: ContinuousClock.Instant

  private init(_ instant: ContinuousClock.Instant) { self.instant = instant }

  /// That long from now. A negative duration gives a deadline that has passed.
  package static func after(_ duration: Duration) -> Deadline {
    // Beyond a century the arithmetic could overflow, and no caller waits so long.
    Deadline(ContinuousClock.now.advanced(by: min(duration, century)))
  }

  /// Later than any run of a process: for waits that only cancellation ends.
  package static let distant = Deadline.after(century)

  private static let century = Duration.seconds(100 * 365 * 24 * 3600)

  /// The remaining time; zero or negative when the deadline has passed.
  package var remaining: Duration { ContinuousClock.now.duration(to: instant) }

  package var hasPassed: Bool { remaining <= .zero }

  /// The one of both that comes first.
  package func earlier(_ other: Deadline) -> Deadline { min(self, other) }

  /// The remaining time as an argument for poll(2): milliseconds, rounded up so that a poll does not spin before the
  /// end, zero when it has passed, an hour at most (the caller loops anyway).
  package var pollTimeoutMilliseconds: Int32 {
    let remaining = remaining
    guard remaining > .zero else { return 0 }
    guard remaining < .seconds(3600) else { return 3_600_000 }
    let (seconds, attoseconds) = remaining.components
    return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }

  package static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}

/// A wait reached its deadline. The caller that set the deadline translates this into an error that names the purpose.
package struct DeadlineExceeded: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "deadline exceeded" }
}

/// What ends a wait for a socket, a pipe or a child process.
package struct WaitLimits: Sendable {
  /// The longest time without a byte in either direction.
  package var silence: Duration
  /// When the whole exchange must be over.
  package var deadline: Deadline
  package var cancellation: CancellationFlag

  package init(silence: Duration, deadline: Deadline, cancellation: CancellationFlag) {
    self.silence = silence
    self.deadline = deadline
    self.cancellation = cancellation
  }
}

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
