internal import AgentAPI
internal import EventLog
internal import Replication

/// Accepts notices from Git hosts, hooks and operators, and publishes them as events of the framework.
///
/// No notice deletes anything: `destroy` becomes an event on which each secondary asks this site, which answers by its
/// disk.
struct EventIntake: Sendable {
  let primary: Primary
  /// Raised when checksums have become due.
  let signal: Signal

  /// - Throws: `AgentFault` of status 4xx for an invalid notice, `ReplicationError`, the stores' errors. The event is
  ///   durable on return.
  func take(_ notice: EventNotice) async throws {
    guard let word = SpooledEvent.Word(rawValue: notice.event) else {
      throw AgentFault(
        400, "unknown_event", "take the event '\(notice.event.prefix(40))' in: it is none of push, update, destroy")
    }
    let moves = (notice.changes ?? []).map(\.move)
    try await take(
      word, try ReplicableID(notice.id), try ReplicableName(notice.replicableName), moves,
      correlationID: notice.correlationId ?? "")
  }

  func take(_ event: SpooledEvent) async throws {
    try await take(event.word, event.id, event.replicableName, event.changes, correlationID: event.correlationID)
  }

  private func take(
    _ word: SpooledEvent.Word, _ id: ReplicableID, _ name: ReplicableName, _ changes: [RefMove], correlationID: String
  ) async throws {
    let states = try primary.states(of: name)
    guard try primary.selects(id, name) else {
      throw AgentFault(
        404, "not_selected", "take in '\(word.rawValue)' of '\(id)': include and exclude keep it out of '\(name)'")
    }
    switch word {
    case .destroy: try await primary.publish(.deleted, of: id, name, correlationID: correlationID, reason: "destroy")
    case .push, .update:
      let known = try await states.state(of: id)
      let isKnown = known != nil && known?.goneAt == nil
      if !isKnown, try await primary.strategy(of: name).presence(of: id) == .absent {
        throw AgentFault(
          404, "missing", "take in '\(word.rawValue)' of '\(id)': '\(name)' has nothing of that name",
          hint: "see whether the id is the path below the kind's root, without .git")
      }
      let isMutable = primary.kinds.first { $0.name == name }?.supportedEvents.contains(.updated) ?? false
      try await primary.publish(
        isKnown && isMutable ? .updated : .created, of: id, name, correlationID: correlationID, changes: changes)
    }
    signal.raise()
  }
}
