/// Decides what a primary offers to its secondaries: catalog, events, standing, listing, checksums and serving use the
/// same rule.
extension Primary {
  /// Returns why a replicable is not offered; `nil` when it is, or when its id is absent.
  ///
  /// - Throws: `ReplicationError.unknownReplicable`; what the strategy and the model throw.
  package func notOffered(_ id: ReplicableID, _ name: ReplicableName) async throws -> NotOffered? {
    let member = try table.member(name)
    if let reason = try await ruledOut(id, member) { return reason }
    return try await member.strategy.presence(of: id) == .unfinished ? .broken : nil
  }

  /// Returns why the rules or the model exclude a replicable, without reading the disk; `nil` when they include it.
  ///
  /// - Throws: `ReplicationError.unknownReplicable`; what the model throws.
  package func ruledOut(_ id: ReplicableID, _ name: ReplicableName) async throws -> NotOffered? {
    try await ruledOut(id, table.member(name))
  }

  func ruledOut(_ id: ReplicableID, _ member: Member) async throws -> NotOffered? {
    guard member.selection.selects(id) else { return .excluded }
    return try await member.kind.behaviour.available(among: [id]).contains(id) ? nil : .unavailable
  }

  /// Divides a directory's listing into the offered rows and the others, with the reasons.
  func offers(
    among ids: [ReplicableID], _ member: Member
  ) async throws -> (offered: Set<ReplicableID>, refused: [ReplicableID: NotOffered]) {
    let selected = ids.filter(member.selection.selects)
    let offered = Set(try await member.kind.behaviour.available(among: selected))
    let chosen = Set(selected)
    var refused: [ReplicableID: NotOffered] = [:]
    for id in ids where !offered.contains(id) { refused[id] = chosen.contains(id) ? .unavailable : .excluded }
    return (offered, refused)
  }

  /// Records for existing states whether a listing found them offered, or why not. Writes only states that changed,
  /// after an event that makes each secondary ask the primary.
  func recordOffers(
    of states: [PrimaryState], _ refused: [ReplicableID: NotOffered], _ broken: [ReplicableID: String], _ member: Member
  ) async throws {
    var changed: [ReplicableID: (NotOffered?, String?)] = [:]
    var announced: [EventPayload] = []
    for state in states {
      let id = state.replicableID
      let reason = refused[id] ?? broken[id].map { _ in .broken }
      let message = reason == .broken ? broken[id].map(RegistryEntry.shortened) : nil
      guard state.goneAt != nil || state.notOffered != reason || state.notOfferedReason != message else { continue }
      changed[id] = (reason, message)
      guard state.goneAt != nil || state.notOffered != reason else { continue }
      announced.append(
        EventPayload(
          modelRecordID: id, incarnation: state.incarnation, reason: reason?.rawValue ?? Self.scanReason))
    }
    let event: EventName = member.kind.supportedEvents.contains(.updated) ? .updated : .created
    try await append(event, announced, member.kind)
    try await member.states.changeAll(changed.keys.sorted()) { [changed] id, state in
      guard let (reason, message) = changed[id] else { return }
      if let reason { state?.withhold(reason, message) } else { state?.offer() }
    }
  }
}

/// Why a primary does not offer a replicable that it has, or had, to its secondaries.
///
/// A replicable that is not offered is not replicated. A secondary's copy of it stays as it was, is neither synced nor
/// verified, and counts as neither.
public enum NotOffered: String, Hashable, Sendable, CaseIterable, Codable {
  /// The include and exclude rules of the primary leave it out.
  case excluded
  /// `availableReplicables` of its model leaves it out.
  case unavailable
  /// It cannot be served: a repository that lacks `HEAD`, `objects` or `refs`.
  case broken

  /// A few words for an operator.
  public var text: String {
    switch self {
    case .excluded: "excluded on the primary"
    case .unavailable: "not available on the primary"
    case .broken: "broken on the primary"
    }
  }
}
