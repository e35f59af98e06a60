import Synchronization

/// Lets a fixed number in at a time; the others wait in order of arrival, and a waiter whose task is cancelled leaves
/// at once.
///
/// It stands before the thread pool because an item in NIO's own queue cannot be taken out: its task would wait for a
/// free thread just to learn that it was cancelled (facts: 260 ms behind a running body).
package final class AdmissionGate: Sendable {
  private struct State {
    var free: Int
    var nextTicket: UInt64 = 0
    /// Tickets below it were admitted, have left or never waited.
    var nextToAdmit: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]
    var isClosed = false
  }

  private let name: String
  private let waitingLimit: Int
  private let state: Mutex<State>

  /// - Parameters:
  ///   - name: stands in errors; short, lower case.
  ///   - places: how many may be in at once, 1 or more.
  ///   - waitingLimit: how many may wait, 0 or more.
  package init(name: String, places: Int, waitingLimit: Int) {
    precondition(places > 0 && waitingLimit >= 0, "a gate has at least one place")
    self.name = name
    self.waitingLimit = waitingLimit
    state = Mutex(State(free: places))
  }

  /// How many wait outside now.
  package var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Waits for a place. Every call that returned must be followed by one `leave`.
  /// - Throws: `Cancelled`, or `WorkerPoolError` when the line is full or the gate is closed.
  package func enter() async throws {
    let ticket = state.withLock { state in
      defer { state.nextTicket += 1 }
      return state.nextTicket
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let outcome = arrive(ticket, continuation) { continuation.resume(with: outcome) }
      }
    } onCancel: {
      // A task is marked as cancelled before this runs: either `arrive` has seen the mark, or the ticket is there.
      let continuation = state.withLock { $0.waiting.removeValue(forKey: ticket) }
      continuation?.resume(throwing: Cancelled())
    }
  }

  private func arrive(
    _ ticket: UInt64, _ continuation: CheckedContinuation<Void, any Error>
  ) -> Result<Void, any Error>? {
    state.withLock { state in
      if Task.isCancelled { return .failure(Cancelled()) }
      if state.isClosed { return .failure(WorkerPoolError(code: .stopped, pool: name)) }
      if state.free > 0 {
        state.free -= 1
        return .success(())
      }
      if state.waiting.count >= waitingLimit { return .failure(WorkerPoolError(code: .full, pool: name)) }
      state.waiting[ticket] = continuation
      // Tickets are drawn before the line is joined: a slow one may have been passed already.
      state.nextToAdmit = min(state.nextToAdmit, ticket)
      return nil
    }
  }

  /// Gives the place to the one who waits longest, or back.
  package func leave() {
    let next: CheckedContinuation<Void, any Error>? = state.withLock { state in
      while !state.waiting.isEmpty {
        defer { state.nextToAdmit += 1 }
        if let continuation = state.waiting.removeValue(forKey: state.nextToAdmit) { return continuation }
      }
      state.nextToAdmit = state.nextTicket
      state.free += 1
      return nil
    }
    next?.resume()
  }

  /// Refuses all waiting and all later callers.
  package func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in waiting.values { continuation.resume(throwing: WorkerPoolError(code: .stopped, pool: name)) }
  }
}
