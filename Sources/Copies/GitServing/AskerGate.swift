internal import Synchronization
internal import WorkerPool

/// Who asks for a repository, for the shares of `git upload-pack`.
package struct Asker: Hashable, Sendable {
  /// The name under which requests are counted.
  package let name: String
  /// Another site: clients that are no site leave some places to sites.
  package let isSite: Bool

  package init(name: String, isSite: Bool) {
    self.name = name
    self.isSite = isSite
  }

  /// An unknown asker.
  package static let unknown = Asker(name: "", isSite: true)
}

/// Lets a fixed number in at a time, and of each asker no more than its share. A place that becomes free goes to the
/// asker that has the fewest, and of those to the one that waits longest: one that asks for much does not keep others
/// out.
final class AskerGate: Sendable {
  private struct Waiting {
    let ticket: UInt64
    let asker: Asker
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var free: Int
    /// Places that are held, by asker.
    var held: [Asker: Int] = [:]
    var heldByReaders = 0
    var waiting: [Waiting] = []
    var nextTicket: UInt64 = 0
    var isClosed = false
  }

  private let name: String
  private let share: Int
  private let placesOfReaders: Int
  private let waitingLimit: Int
  private let state: Mutex<State>

  /// - Parameters:
  ///   - name: stands in errors.
  ///   - places: 1 or more. A quarter of them are for sites alone.
  ///   - share: the most that one asker may hold, 1 or more.
  ///   - waitingLimit: how many may wait in all; of one asker a quarter of them.
  init(name: String, places: Int, share: Int, waitingLimit: Int) {
    precondition(places > 0 && share > 0 && waitingLimit >= 0, "a gate lets in one at least")
    self.name = name
    self.share = share
    self.waitingLimit = waitingLimit
    placesOfReaders = places - places / 4
    state = Mutex(State(free: places))
  }

  /// Waits for a place. Every call that returned must be followed by one `leave`.
  ///
  /// - Throws: `Cancelled`, or `WorkerPoolError` when too many wait or the gate is closed.
  func enter(_ asker: Asker) async throws {
    let ticket = state.withLock { state in
      defer { state.nextTicket += 1 }
      return state.nextTicket
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let outcome = arrive(ticket, asker, continuation) { continuation.resume(with: outcome) }
      }
    } onCancel: {
      // A task is marked as cancelled before this runs: either `arrive` has seen the mark, or the ticket is there.
      let waiting = state.withLock { state -> Waiting? in
        state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
      }
      waiting?.continuation.resume(throwing: Cancelled())
    }
  }

  private func arrive(
    _ ticket: UInt64, _ asker: Asker, _ continuation: CheckedContinuation<Void, any Error>
  ) -> Result<Void, any Error>? {
    state.withLock { state in
      if Task.isCancelled { return .failure(Cancelled()) }
      if state.isClosed { return .failure(WorkerPoolError(code: .stopped, pool: name)) }
      if mayEnter(asker, state) {
        take(asker, &state)
        return .success(())
      }
      let ownWaiting = state.waiting.count { $0.asker == asker }
      guard state.waiting.count < waitingLimit, ownWaiting < max(1, waitingLimit / 4) else {
        return .failure(WorkerPoolError(code: .full, pool: name))
      }
      state.waiting.append(Waiting(ticket: ticket, asker: asker, continuation: continuation))
      return nil
    }
  }

  private func mayEnter(_ asker: Asker, _ state: State) -> Bool {
    state.free > 0 && state.held[asker, default: 0] < share && (asker.isSite || state.heldByReaders < placesOfReaders)
  }

  private func take(_ asker: Asker, _ state: inout State) {
    state.free -= 1
    state.held[asker, default: 0] += 1
    if !asker.isSite { state.heldByReaders += 1 }
  }

  /// Gives a place back, and lets in who may have it.
  func leave(_ asker: Asker) {
    let admitted = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      state.free += 1
      let rest = state.held[asker, default: 0] - 1
      state.held[asker] = rest > 0 ? rest : nil
      if !asker.isSite { state.heldByReaders -= 1 }
      let candidates = state.waiting.indices.filter { mayEnter(state.waiting[$0].asker, state) }
      // In the order of their arrival, so the first of the least is the one that waits longest.
      guard let next = candidates.min(by: { held(state, $0) < held(state, $1) }) else { return nil }
      take(state.waiting[next].asker, &state)
      return state.waiting.remove(at: next).continuation
    }
    admitted?.resume()
  }

  private func held(_ state: State, _ index: Int) -> Int { state.held[state.waiting[index].asker, default: 0] }

  /// Refuses all that wait, and all that come later.
  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for one in waiting { one.continuation.resume(throwing: WorkerPoolError(code: .stopped, pool: name)) }
  }

  /// How many wait now.
  var waitingCount: Int { state.withLock { $0.waiting.count } }
}
