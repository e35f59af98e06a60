extension Primary {
  /// Publishes an event about one replicable, and marks its checksum as out of date.
  ///
  /// - Returns: the event in the log, durable; `nil` where nothing is published: the feature is off, the replicable is
  ///   not offered, or there are no secondaries, each of which begins with the catalog.
  /// - Throws: `ReplicationError` for an unknown kind and an undeclared event; the stores' errors.
  @discardableResult public func publish(
    _ event: EventName, of id: ReplicableID, _ name: ReplicableName, correlationID: String = "",
    changes: [RefMove] = [], reason: String? = nil
  ) async throws -> Event? {
    let member = try table.member(name)
    try member.kind.checkDeclared(event)
    // A replicable that was offered once may be gone: secondaries with a copy request its status.
    if event != .deleted, let reason = try await ruledOut(id, member) {
      try await member.states.change(id) { $0?.withhold(reason, nil) }
      return nil
    }
    let state = event == .deleted ? try await member.states.state(of: id) : try await identify(id, member)
    if event != .deleted { try await member.states.change(id) { $0?.announceChange() } }
    let payload = EventPayload(
      modelRecordID: id, incarnation: state?.incarnation, correlationID: correlationID, changes: changes, reason: reason
    )
    guard let published = try await append(event, [payload], member.kind).first else { return nil }
    let generation = Generation(log: try await log.position().log, id: published.id)
    // The state of a deleted replicable stays until a complete catalog lacks it: the same directory may turn up under
    // another id.
    if event != .deleted { try await member.states.change(id) { $0?.announce(generation, at: published.createdAt) } }
    return published
  }

  /// - Returns: the events with their ids; none where nothing is published.
  @discardableResult func append(
    _ event: EventName, _ payloads: [EventPayload], _ kind: Kind
  ) async throws -> [Event] {
    guard !payloads.isEmpty, !secondaries.isEmpty, try await isEnabled(kind) else { return [] }
    let now = environment.now()
    return try await log.publish(
      payloads.map { UnpublishedEvent(replicableName: kind.name, name: event, payload: $0, createdAt: now) })
  }
}

extension Primary {
  /// Repeats unfinished work of a dead process, and publishes again the changes that a log restored from a backup has
  /// lost. Call it once, before anything else.
  ///
  /// After a crash it runs again, which publishes some events twice.
  public func recover() async throws {
    let end = try await log.position().generation
    try await recoverReadings()
    for member in table.all {
      var last: ReplicableID?
      while true {
        let window = try await member.states.window(after: last, limit: 1_000)
        try await recover(window, of: member, after: end)
        guard window.count == 1_000, let next = window.last?.replicableID else { break }
        last = next
      }
    }
  }

  /// Makes readings pending that were started and are no longer running: after a restart, or after a failure to record
  /// one. Call it while no reading runs.
  public func recoverReadings() async throws {
    for member in table.all {
      let left = try await member.states.started().map(\.replicableID)
      try await member.states.changeAll(left) { _, state in state?.recoverAfterRestart() }
    }
  }

  /// The ids after the log's end will be assigned to other events: generations after the end are void.
  private func recover(_ states: [PrimaryState], of member: Member, after end: Generation) async throws {
    var (void, forgotten) = ([ReplicableID](), [PrimaryState]())
    for state in states where state.goneAt == nil {
      var changed = state
      if changed.forgetGenerations(after: end) { forgotten.append(state) }
      if changed != state { void.append(state.replicableID) }
    }
    guard !void.isEmpty else { return }
    // Published first: a crash in between finds them void once more.
    let published = try await publishAgain(forgotten, of: member)
    try await member.states.changeAll(void) { id, state in
      _ = state?.forgetGenerations(after: end)
      if let event = published[id] { state?.announce(event.generation, at: event.moment) }
    }
  }

  private func publishAgain(
    _ states: [PrimaryState], of member: Member
  ) async throws -> [ReplicableID: (generation: Generation, moment: Timestamp)] {
    guard !states.isEmpty, !secondaries.isEmpty, try await isEnabled(member.kind) else { return [:] }
    let name: EventName = member.kind.supportedEvents.contains(.updated) ? .updated : .created
    let now = environment.now()
    let events = try await log.publish(
      states.map { state in
        let payload = EventPayload(
          modelRecordID: state.replicableID, incarnation: state.incarnation, correlationID: "", changes: [],
          reason: "log_restored")
        return UnpublishedEvent(replicableName: member.kind.name, name: name, payload: payload, createdAt: now)
      })
    let id = try await log.position().log
    return Dictionary(
      events.map { ($0.payload.modelRecordID, (Generation(log: id, id: $0.id), $0.createdAt)) },
      uniquingKeysWith: { $1 })
  }
}
