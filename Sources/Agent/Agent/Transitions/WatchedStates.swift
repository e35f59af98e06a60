internal import Replication

/// A primary's states that record their transitions in a log, as `WatchedRegistry` does.
struct WatchedStates: PrimaryStateStoring {
  let name: ReplicableName
  let states: any PrimaryStateStoring
  let log: TransitionLog

  func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout PrimaryState?) throws -> Answer
  ) async throws -> Answer {
    let notes = TransitionNotes()
    let answer = try await states.change(id) { state in
      let before = state.present.map { Transition.Standing($0) }
      let answer = try change(&state)
      notes.add(Transition(name, id, from: before, to: state.present.map { .init($0) }))
      return answer
    }
    log.note(notes.all)
    return answer
  }

  func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws {
    let notes = TransitionNotes()
    try await states.changeAll(ids, noted(change, notes))
    log.note(notes.all)
  }

  func changeAllUntilRestart(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws {
    let notes = TransitionNotes()
    try await states.changeAllUntilRestart(ids, noted(change, notes))
    log.note(notes.all)
  }

  private func noted(
    _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void, _ notes: TransitionNotes
  ) -> @Sendable (ReplicableID, inout PrimaryState?) throws -> Void {
    { [name] id, state in
      let before = state.present.map { Transition.Standing($0) }
      try change(id, &state)
      notes.add(Transition(name, id, from: before, to: state.present.map { .init($0) }))
    }
  }

  func state(of id: ReplicableID) async throws -> PrimaryState? { try await states.state(of: id) }

  func state(of incarnation: Incarnation) async throws -> PrimaryState? { try await states.state(of: incarnation) }

  func state(of identity: FileIdentity) async throws -> PrimaryState? { try await states.state(of: identity) }

  func dueForChecksum(at now: Timestamp, limit: Int) async throws -> [PrimaryState] {
    try await states.dueForChecksum(at: now, limit: limit)
  }

  func verified(before moment: Timestamp, limit: Int) async throws -> [PrimaryState] {
    try await states.verified(before: moment, limit: limit)
  }

  func started() async throws -> [PrimaryState] { try await states.started() }

  func window(after id: ReplicableID?, limit: Int) async throws -> [PrimaryState] {
    try await states.window(after: id, limit: limit)
  }

  func all(in state: VerificationState, most: Int) async throws -> [PrimaryState]? {
    try await states.all(in: state, most: most)
  }

  func counts() async throws -> [VerificationState: Int] { try await states.counts() }

  func notOfferedCounts() async throws -> [NotOffered: Int] { try await states.notOfferedCounts() }

  func notOffered(limit: Int) async throws -> [PrimaryState] { try await states.notOffered(limit: limit) }
}

extension PrimaryState? {
  /// `nil` also for a state that is gone and only kept.
  fileprivate var present: PrimaryState? { flatMap { $0.goneAt == nil ? $0 : nil } }
}
