package import AgentAPI
internal import EventLog
internal import Replication

extension Agent {
  /// How this primary stands: also one that was replaced says that.
  package func fence() async throws -> FenceRow {
    let site = try primarySite(for: "say how the primary stands")
    let record = plan.epoch?.record ?? EpochRecord()
    return FenceRow(
      site: plan.site, epoch: record.epoch, lastEventId: try await site.log.position().id, fencedBy: record.fence?.by)
  }

  /// Refuses everything from now on, durably: another site is the primary.
  ///
  /// - Throws: `AgentFault` 409 for an epoch that is not higher than ours (`old_epoch`), and when there are events that the other
  ///   site does not have (`moved`): then nothing has changed.
  package func fence(_ order: FenceOrder, by name: String) async throws -> FenceRow {
    let site = try primarySite(for: "be replaced as primary")
    guard let epoch = plan.epoch else { throw AgentFault(409, "wrong_role", "be replaced as primary: it has no epoch") }
    let before = epoch.record
    // Asked again by the same site: its answer was lost.
    if before.fence?.by != name || before.epoch != order.epoch {
      guard order.epoch > before.epoch else {
        throw AgentFault(
          409, "old_epoch",
          "be replaced by '\(name)': its epoch \(order.epoch) is not higher than ours, \(before.epoch)")
      }
      try epoch.fence(order.epoch, by: name)
    }
    // Looked at behind the fence: nothing is taken in any more.
    let last = try await site.log.position().id
    if let expected = order.lastEventId, expected != last {
      try epoch.liftFence(to: before.epoch)
      throw AgentFault(
        409, "moved", "be replaced by '\(name)': our last event is \(last), it has \(expected)", hint: "try again")
    }
    return try await fence()
  }
}
