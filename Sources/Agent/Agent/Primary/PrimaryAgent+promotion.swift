internal import AgentAPI
internal import EventLog
internal import Replication

extension PrimaryAgent {
  /// The time limit for events that are being written when a fence order arrives.
  private static let publishingLimit = Duration.seconds(10)

  /// Returns this primary's epoch, its last event and, where another site has replaced it, that site. The last event of a
  /// fenced primary is the one that it had when it was fenced.
  ///
  /// - Parameter name: the site that asks; `nil` for a reader.
  func fence(for name: String? = nil) async throws -> FenceRow {
    let record = plan.epoch?.record ?? EpochRecord()
    // Each start adds a line to the log, which cannot be read from a fenced primary.
    let last = if let last = record.fence?.lastEventID { last } else { try await site.log.position().id }
    var row = FenceRow(site: plan.site, epoch: record.epoch, lastEventId: last, fencedBy: record.fence?.by)
    row.mayPromote = name.map { plan.promotionRights.allow($0) }
    return row
  }

  /// Fences this primary durably: it refuses all requests from now on, because another site is the primary.
  ///
  /// Order: publishing stops; the last event is read; the record is replaced, if it is unchanged; then the answer is
  /// sent. A refused order and a crash before the record is replaced change nothing.
  ///
  /// - Throws: `AgentFault` 403 for a site that may not be promoted (`may_not_promote`), 409 for an epoch that is not
  ///   higher than ours (`old_epoch`), when another site has replaced this one and the order is not forced (`fenced`),
  ///   and when there are events that the other site does not have (`moved`); 400 for an epoch that is too far ahead
  ///   (`implausible_epoch`).
  func fence(_ order: FenceOrder, by name: String) async throws -> FenceRow {
    guard let epoch = plan.epoch else { throw AgentFault(409, "wrong_role", "be replaced as primary: it has no epoch") }
    guard plan.promotionRights.allow(name) else {
      throw AgentFault(
        403, "may_not_promote", "be replaced by '\(name)': the configuration does not allow it",
        hint: "say 'may_promote: true' for '\(name)' under 'secondaries' in the configuration of '\(plan.site)'")
    }
    let isForced = order.lastEventId == nil
    switch try epoch.beginFence(order.epoch, by: name, isForced: isForced) {
    case .done(let last):
      let last = if let last { last } else { try await site.log.position().id }
      try Self.check(order, last, by: name)
    case .begun(let ticket):
      do {
        try await epoch.waitForPublishing(atMost: Self.publishingLimit)
        let last = try await site.log.position().id
        try Self.check(order, last, by: name)
        try epoch.complete(ticket, lastEventID: last)
      } catch {
        epoch.abandon(ticket)
        throw error
      }
    }
    takeRole(of: epoch)
    return try await fence(for: name)
  }

  /// Opens the site again if, without its promotion, it is a secondary by its configuration.
  func takeRole(of epoch: SiteEpoch) {
    if plan.isPromoted, epoch.record.fence != nil { epoch.askForRestart() }
  }

  private static func check(_ order: FenceOrder, _ last: UInt64, by name: String) throws(AgentFault) {
    guard let expected = order.lastEventId, expected != last else { return }
    throw AgentFault(
      409, "moved", "be replaced by '\(name)': our last event is \(last), it has \(expected)", hint: "try again")
  }

  /// A replaced primary becomes the primary again by force; any other is the primary already.
  func promote(_ order: PromotionOrder, _ epoch: SiteEpoch) async throws -> PromotionRow {
    let record = epoch.record
    var row = PromotionRow(
      site: plan.site, epoch: record.epoch, lastEventId: try await site.log.position().id)
    guard let fence = record.fence else {
      throw AgentFault(409, "wrong_role", "promote: this site is the primary, epoch \(record.epoch)")
    }
    row.epoch = try EpochRange.promotion(after: record.epoch)
    row.problems = [
      "'\(fence.by)' is the primary since \(fence.at): what was pushed there is not here, and it goes on as primary until it"
        + " asks this site again"
    ]
    guard order.isForced, !order.isDryRun else { return row }
    try epoch.promote(row.epoch, nil)
    row.isPromoted = true
    return row
  }
}
