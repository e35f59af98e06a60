import Replication

/// A primary's states that are forgotten with the process.
actor MemoryStates: PrimaryStateStoring {
  private var states: [ReplicableID: PrimaryState] = [:]

  func state(of id: ReplicableID) -> PrimaryState? { states[id] }
  func state(of incarnation: Incarnation) -> PrimaryState? { sorted { $0.incarnation == incarnation }.first }
  func state(of identity: FileIdentity) -> PrimaryState? { sorted { $0.identity?.matches(identity) == true }.first }

  func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout PrimaryState?) throws -> Answer
  ) throws -> Answer {
    var state = states[id]
    let answer = try change(&state)
    states[id] = state
    return answer
  }

  func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) throws {
    for id in ids { try self.change(id) { try change(id, &$0) } }
  }

  func dueForChecksum(at now: Timestamp, limit: Int) -> [PrimaryState] {
    Array(sorted { $0.isDue(at: now) }.prefix(limit))
  }

  func verified(before moment: Timestamp, limit: Int) -> [PrimaryState] {
    Array(
      sorted {
        isCounted($0) && $0.verificationState == .succeeded && ($0.verifiedAt.map { $0 < moment } ?? true)
      }.prefix(limit))
  }

  func started() -> [PrimaryState] { sorted { $0.verificationState == .started } }

  func window(after id: ReplicableID?, limit: Int) -> [PrimaryState] {
    Array(sorted { state in id.map { $0 < state.replicableID } ?? true }.prefix(limit))
  }

  func counts() -> [VerificationState: Int] {
    states.values.filter(isCounted).reduce(into: [:]) { $0[$1.verificationState, default: 0] += 1 }
  }

  private func isCounted(_ state: PrimaryState) -> Bool { state.notOffered == nil && state.goneAt == nil }

  private func sorted(_ isWanted: (PrimaryState) -> Bool) -> [PrimaryState] {
    states.values.filter(isWanted).sorted { $0.replicableID < $1.replicableID }
  }
}
