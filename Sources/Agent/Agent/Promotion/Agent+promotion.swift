package import AgentAPI
internal import Replication

extension Agent {
  /// The promotions' part of the status; `nil` for a site that is never part of one.
  package var promotionStatus: PromotionStatus? {
    guard let epoch = plan.epoch else { return nil }
    let record = epoch.record
    return PromotionStatus(
      operations.siteRole(record), record, formerFailure: epoch.formerFailure, reachesFormer: plan.former != nil,
      claims: epoch.claims.map(\.site))
  }

  /// Makes this secondary the primary, after determining the changes that would be lost.
  ///
  /// Order: the changes are determined; the former primary is fenced durably and confirms that this site has its last
  /// event; this site's record is durable; then the agent opens its state again as a primary. A crash in between leaves
  /// a fenced primary and a secondary, and repeating the order continues.
  ///
  /// - Throws: `AgentFault` 409 where there is nothing to promote.
  package func promote(_ order: PromotionOrder) async throws -> PromotionRow {
    try await operations.promote(order, try siteEpoch(for: "promote"))
  }

  /// Returns the epoch of this site and its origin.
  ///
  /// - Throws: `AgentFault` 409 for a site that is never part of a promotion.
  package func epoch() throws(AgentFault) -> EpochRow {
    let epoch = try siteEpoch(for: "show the epoch")
    let record = epoch.record
    var row = EpochRow(site: plan.site, role: role, epoch: record.epoch)
    row.fencedBy = record.fence?.by
    row.fencedAt = record.fence?.at
    row.promotedAt = record.promotion?.at
    row.formerUrl = record.promotion?.formerURL
    row.isFormerFenced = record.promotion?.isFormerFenced
    row.formerFailure = epoch.formerFailure
    row.claims = epoch.claims.map { .init(site: $0.site, epoch: $0.epoch) }
    return row
  }

  /// Sets the epoch of this site, to correct a number that no promotion assigned. Durable on return.
  ///
  /// - Throws: `AgentFault` 409 for a site that is never part of a promotion, 400 for a number that leaves no room for
  ///   promotions.
  package func set(_ order: EpochOrder) throws -> EpochRow {
    try siteEpoch(for: "set the epoch").set(order.epoch)
    return try epoch()
  }

  private func siteEpoch(for operation: String) throws(AgentFault) -> SiteEpoch {
    guard let epoch = plan.epoch else {
      throw AgentFault(409, "wrong_role", "\(operation): this site has no state of its own")
    }
    return epoch
  }
}
