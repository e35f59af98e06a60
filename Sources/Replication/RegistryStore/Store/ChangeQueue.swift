internal import Synchronization
internal import WorkerPool

/// Those who wait for their changes to be made. One of them leads: it makes and writes the changes of all who wait, then hands the
/// lead on. So one fsync serves many, and no task runs without somebody who asked for it.
final class ChangeQueue<Work: Sendable>: Sendable {
  /// Whose turn it is.
  enum Turn: Sendable {
    /// Take the next group, do it, then call `handOn`.
    case lead
    /// Somebody else did it.
    case done
  }

  /// Somebody who waits.
  struct Entry: Sendable {
    let ticket: UInt64
    let work: Work
    /// `nil` once its owner leads.
    var continuation: CheckedContinuation<Turn, any Error>?
  }

  private struct State {
    var entries: [Entry] = []
    var nextTicket: UInt64 = 0
    var hasLeader = false
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: how many may wait before more are refused.
  init(limit: Int) { self.limit = limit }

  func ticket() -> UInt64 {
    state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
  }

  /// Waits until the work is done, or until it is this one's turn to lead.
  /// - Throws: what the leader answers; `Cancelled` when the task was cancelled before its work was taken up.
  func join(_ ticket: UInt64, _ work: Work) async throws -> Turn {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let outcome = arrive(ticket, work, continuation) { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Turn, any Error>? in
        // Who leads has no continuation: its wait for a thread is ended by the pool.
        guard let index = state.entries.firstIndex(where: { $0.ticket == ticket && $0.continuation != nil }) else {
          return nil
        }
        return state.entries.remove(at: index).continuation
      }
      continuation?.resume(throwing: Cancelled())
    }
  }

  private func arrive(
    _ ticket: UInt64, _ work: Work, _ continuation: CheckedContinuation<Turn, any Error>
  ) -> Result<Turn, any Error>? {
    state.withLock { state in
      if Task.isCancelled { return .failure(Cancelled()) }
      guard state.entries.count < limit else {
        return .failure(
          RegistryStoreError(.fileSystem, "change a registry: \(limit) changes wait to be written already; try later"))
      }
      let leads = !state.hasLeader
      state.hasLeader = true
      state.entries.append(Entry(ticket: ticket, work: work, continuation: leads ? nil : continuation))
      return leads ? .success(.lead) : nil
    }
  }

  /// The next ones to be done together, in order of arrival, up to the first that is not `suitable`.
  func take(limit: Int, while suitable: (Work) -> Bool = { _ in true }) -> [Entry] {
    state.withLock { state in
      let taken = Array(state.entries.prefix(limit).prefix { suitable($0.work) })
      state.entries.removeFirst(taken.count)
      return taken
    }
  }

  /// Gives the lead to the one who waits longest, or to nobody. Takes back what this leader wanted, if it was not done.
  func handOn(from ticket: UInt64) {
    let next = state.withLock { state -> CheckedContinuation<Turn, any Error>? in
      state.entries.removeAll { $0.ticket == ticket }
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
