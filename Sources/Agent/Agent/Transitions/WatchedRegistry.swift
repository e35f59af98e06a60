internal import Replication

/// A registry that records its transitions in a log, each after its change has reached the requested durability.
struct WatchedRegistry: RegistryStoring {
  let name: ReplicableName
  let registry: any RegistryStoring
  let log: TransitionLog

  func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?, NewEntry) throws -> Answer
  ) async throws -> Answer {
    let notes = TransitionNotes()
    let answer = try await registry.change(id) { entry, new in
      let before = entry.map { Transition.ReplicableStatus($0) }
      let answer = try change(&entry, new)
      notes.add(Transition(name, id, from: before, to: entry.map { .init($0) }))
      return answer
    }
    log.note(notes.all)
    return answer
  }

  func changeUntilRestart<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?) throws -> Answer
  ) async throws -> Answer {
    let notes = TransitionNotes()
    let answer = try await registry.changeUntilRestart(id) { entry in
      let before = entry.map { Transition.ReplicableStatus($0) }
      let answer = try change(&entry)
      notes.add(Transition(name, id, from: before, to: entry.map { .init($0) }))
      return answer
    }
    log.note(notes.all)
    return answer
  }

  func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout RegistryEntry?, NewEntry) throws -> Void
  ) async throws {
    let notes = TransitionNotes()
    try await registry.changeAll(ids) { id, entry, new in
      let before = entry.map { Transition.ReplicableStatus($0) }
      try change(id, &entry, new)
      notes.add(Transition(name, id, from: before, to: entry.map { .init($0) }))
    }
    log.note(notes.all)
  }

  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws {
    let standing = try await registry.entry(of: id).map { Transition.ReplicableStatus($0) }
    try await registry.rename(id, to: newID)
    let transitions = [
      Transition(name, id, from: standing, to: nil), Transition(name, newID, from: nil, to: standing),
    ]
    log.note(transitions.compactMap { $0 })
  }

  func rename(_ moves: [CopyMove]) async throws {
    var standings: [(move: CopyMove, standing: Transition.ReplicableStatus)] = []
    for move in moves {
      guard let entry = try await registry.entry(of: move.id), entry.incarnation == move.incarnation else { continue }
      standings.append((move, Transition.ReplicableStatus(entry)))
    }
    try await registry.rename(moves)
    let left = standings.map { Transition(name, $0.move.id, from: $0.standing, to: nil) }
    let come = standings.map { Transition(name, $0.move.newID, from: nil, to: $0.standing) }
    log.note((left + come).compactMap { $0 })
  }

  func entry(of id: ReplicableID) async throws -> RegistryEntry? { try await registry.entry(of: id) }

  func entry(of incarnation: Incarnation) async throws -> RegistryEntry? { try await registry.entry(of: incarnation) }

  func dueForSync(at now: Timestamp, limit: Int) async throws -> [RegistryEntry] {
    try await registry.dueForSync(at: now, limit: limit)
  }

  func dueForVerification(at now: Timestamp, limit: Int) async throws -> [RegistryEntry] {
    try await registry.dueForVerification(at: now, limit: limit)
  }

  func verified(before moment: Timestamp, limit: Int) async throws -> [RegistryEntry] {
    try await registry.verified(before: moment, limit: limit)
  }

  func dueForCheck(at now: Timestamp, interval: Duration, limit: Int) async throws -> [RegistryEntry] {
    try await registry.dueForCheck(at: now, interval: interval, limit: limit)
  }

  func started() async throws -> [RegistryEntry] { try await registry.started() }

  func longestUnverified() async throws -> RegistryEntry? { try await registry.longestUnverified() }

  func notOffered(limit: Int) async throws -> [RegistryEntry] { try await registry.notOffered(limit: limit) }

  func window(after id: ReplicableID?, limit: Int) async throws -> [RegistryEntry] {
    try await registry.window(after: id, limit: limit)
  }

  func part(_ query: RegistryQuery) async throws -> RegistryPart { try await registry.part(query) }

  func count(_ query: RegistryQuery) async throws -> Int { try await registry.count(query) }

  func counts(at now: Timestamp) async throws -> RegistryCounts { try await registry.counts(at: now) }

  func cursor() async throws -> Cursor? { try await registry.cursor() }

  func advance(to cursor: Cursor) async throws { try await registry.advance(to: cursor) }
}

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
      let before = state.present.map { Transition.ReplicableStatus($0) }
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
      let before = state.present.map { Transition.ReplicableStatus($0) }
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
