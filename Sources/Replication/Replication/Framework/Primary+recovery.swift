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
