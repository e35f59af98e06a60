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
