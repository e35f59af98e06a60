internal import Synchronization
internal import WorkerPool

/// Queues work for group commit: one fsync makes the work of many callers durable.
///
/// The first caller of an idle queue leads: it commits the work of all that wait and passes the lead to the oldest
/// of the next ones. There is no background task. The queue writes nothing itself; what survives a crash is what the
/// leader's body made durable before it returned.
package final class CommitQueue<Work: Sendable, Answer: Sendable>: Sendable {
  private enum Turn: Sendable {
    /// This caller commits the next group.
    case lead
    /// Another caller's group contained the work.
    case done(Answer)
  }

  private struct Entry: Sendable {
    let ticket: UInt64
    let work: Work
    let cost: Int
    /// `nil` once its caller leads.
    var continuation: CheckedContinuation<Turn, any Error>?
  }

  private struct State {
    var entries: [Entry] = []
    var cost = 0
    var nextTicket: UInt64 = 0
    var hasLeader = false
    var isClosed = false
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: the highest total cost of waiting work, in the unit of `commit`.
  package init(limit: Int) { self.limit = limit }

  /// The number of callers whose work no leader has taken yet.
  package var waitingCount: Int { state.withLock { $0.entries.count } }

  /// Returns the answer for this work once a group with it was committed.
  ///
  /// - Parameters:
  ///   - cost: what the work adds to the limits of the queue and of a group: bytes, or 1 to count calls.
  ///   - leading: runs when this caller leads; it calls `Lead.commit` once.
  /// - Throws: the result of the work; what `leading` throws before it commits; `CommitRefusal`; `Cancelled` when the
  ///   task was cancelled before a leader took the work.
  package func commit(
    _ work: Work, cost: Int = 1, leading: (Lead) async throws -> Answer
  ) async throws -> Answer {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    switch try await join(ticket, work, cost) {
    case .done(let answer): return answer
    case .lead:
      defer { passLead(from: ticket) }
      return try await leading(Lead(queue: self, ticket: ticket))
    }
  }

  /// Refuses further work. Work that waits is still committed.
  package func close() { state.withLock { $0.isClosed = true } }

  private func join(_ ticket: UInt64, _ work: Work, _ cost: Int) async throws -> Turn {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let outcome = arrive(ticket, work, cost, continuation) { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Turn, any Error>? in
        // A leader has no continuation: the worker pool ends its wait for a thread.
        guard let index = state.entries.firstIndex(where: { $0.ticket == ticket && $0.continuation != nil }) else {
          return nil
        }
        state.cost -= state.entries[index].cost
        return state.entries.remove(at: index).continuation
      }
      continuation?.resume(throwing: Cancelled())
    }
  }

  private func arrive(
    _ ticket: UInt64, _ work: Work, _ cost: Int, _ continuation: CheckedContinuation<Turn, any Error>
  ) -> Result<Turn, any Error>? {
    state.withLock { state in
      if Task.isCancelled { return .failure(Cancelled()) }
      if state.isClosed { return .failure(CommitRefusal.closed) }
      guard state.cost + cost <= limit else { return .failure(CommitRefusal.full(waiting: state.cost)) }
      let leads = !state.hasLeader
      state.hasLeader = true
      state.cost += cost
      state.entries.append(Entry(ticket: ticket, work: work, cost: cost, continuation: leads ? nil : continuation))
      return leads ? .success(.lead) : nil
    }
  }

  private func take(limit: Int, while isSuitable: (Work) -> Bool) -> [Entry] {
    state.withLock { state in
      var (count, cost) = (0, 0)
      while count < state.entries.count, count == 0 || cost + state.entries[count].cost <= limit,
        isSuitable(state.entries[count].work)
      {
        cost += state.entries[count].cost
        count += 1
      }
      defer { state.entries.removeFirst(count) }
      state.cost -= cost
      return Array(state.entries.prefix(count))
    }
  }

  /// Makes the caller that waits longest the leader, and drops the old leader's work if no group contained it.
  private func passLead(from ticket: UInt64) {
    let next = state.withLock { state -> CheckedContinuation<Turn, any Error>? in
      if let index = state.entries.firstIndex(where: { $0.ticket == ticket }) {
        state.cost -= state.entries.remove(at: index).cost
      }
      guard let first = state.entries.indices.first else {
        state.hasLeader = false
        return nil
      }
      defer { state.entries[first].continuation = nil }
      return state.entries[first].continuation
    }
    next?.resume(returning: .lead)
  }
}

extension CommitQueue {
  /// The right to commit one group. At most one exists at a time.
  package struct Lead: Sendable {
    fileprivate let queue: CommitQueue
    fileprivate let ticket: UInt64

    /// Takes waiting work in order of arrival, commits it, gives each caller its result and returns the leader's own.
    ///
    /// Call it on the thread that does the work: work that was cancelled before then is not in the group.
    ///
    /// - Parameters:
    ///   - limit: the highest cost of the group; the first work is taken whatever it costs.
    ///   - isSuitable: the group ends before the first work for which it is false. It is true for the leader's work.
    ///   - body: returns one result for each work, in order.
    package func commit(
      limit: Int, while isSuitable: (Work) -> Bool = { _ in true }, _ body: ([Work]) -> [Result<Answer, any Error>]
    ) throws -> Answer {
      let group = queue.take(limit: limit, while: isSuitable)
      let results = body(group.map(\.work))
      precondition(results.count == group.count, "each work has a result")
      var own: Result<Answer, any Error>?
      for (entry, result) in zip(group, results) {
        if entry.ticket == ticket { own = result }
        entry.continuation?.resume(with: result.map { .done($0) })
      }
      guard let own else { preconditionFailure("the leader's work is the first of its group") }
      return try own.get()
    }
  }
}

/// Why a queue takes no work now; nothing of it was committed.
package enum CommitRefusal: Error, Hashable, Sendable {
  /// The work would exceed the limit of the queue; `waiting` is the cost of the work that waits.
  case full(waiting: Int)
  case closed
}
