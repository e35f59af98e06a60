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

/// The promotions' part of a site's status, computed from the record, the role and the answers of other sites.
package struct PromotionStatus: Hashable, Sendable {
  /// The site's role.
  package var role: SiteRole
  /// The record.
  package var record: EpochRecord
  /// Why the former primary could not be fenced at the last attempt.
  package var formerFailure: String?
  /// Whether the former primary can be reached: its URL and secret are configured.
  package var reachesFormer: Bool
  /// Sites whose last request named a higher epoch than this site's.
  package var claims: [String]

  /// A status.
  package init(
    _ role: SiteRole, _ record: EpochRecord, formerFailure: String? = nil, reachesFormer: Bool = true,
    claims: [String] = []
  ) {
    self.role = role
    self.record = record
    self.formerFailure = formerFailure
    self.reachesFormer = reachesFormer
    self.claims = claims
  }

  /// The site that replaced this primary; `nil` where none has, and on a secondary.
  package var fencedBy: String? {
    if case .fenced(let site) = role { return site }
    // Until it is opened again as a secondary.
    return role == .promoted ? record.fence?.by : nil
  }

  /// Problems for the operator, one line each, the most urgent first.
  package var problems: [String] {
    guard role.isPrimary else { return [] }
    if let by = fencedBy { return [Self.fenced(by, record)] }
    var problems: [String] = []
    if let promotion = record.promotion { problems += former(promotion) }
    if !claims.isEmpty {
      let sites = claims.map { "'\($0)'" }.joined(separator: ", ")
      problems.append(
        "\(sites) named a higher epoch than ours, \(record.epoch): look whether another site was promoted; if none was,"
          + " correct the number with 'remora epoch set' at the site that is wrong")
    }
    return problems
  }

  private static func fenced(_ by: String, _ record: EpochRecord) -> String {
    let since = record.fence.map { " at \($0.at)" } ?? ""
    return
      "this primary was replaced by '\(by)'\(since) and refuses events and readers, because what it has is stale: make"
      + " it a secondary of '\(by)' in the configuration, or 'remora promote --force' to take its place back"
  }

  private func former(_ promotion: EpochRecord.Promotion) -> [String] {
    var problems: [String] = []
    if !promotion.isFormerFenced {
      let attempt =
        reachesFormer
        ? formerFailure.map { "; the last attempt: \($0)" } ?? ""
        : ": its name and secret are not in the configuration; name it under 'secondaries'"
      problems.append(
        "the former primary at \(promotion.formerURL) is not fenced yet: stop pushes there\(attempt)")
    } else if let formerFailure {
      // It answered, and is no fenced primary; an unreachable one is no problem here.
      problems.append(
        "the former primary at \(promotion.formerURL) is a primary again, and refuses a fence: \(formerFailure)")
    }
    if role == .promoted, promotion.formerName == nil {
      problems.append(
        "the former primary's name is not known: no site may follow this one until the configuration"
          + " says role: primary and its secondaries")
    }
    return problems
  }
}
