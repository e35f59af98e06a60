package import AgentAPI
internal import Replication

extension Agent {
  /// The promotions' part of the status; `nil` for a site that is never part of one.
  package var promotionStatus: PromotionStatus? {
    guard let epoch = plan.epoch else { return nil }
    let record = epoch.record
    let role: SiteRole
    switch plan.role {
    case .primary: role = plan.isPromoted ? .promoted : SiteRole(.primary, record)
    case .secondary(let primary): role = primary == nil ? .listed : .secondary
    }
    return PromotionStatus(
      role, record, formerFailure: epoch.formerFailure, reachesFormer: plan.former != nil,
      claims: epoch.claims.map(\.site))
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
