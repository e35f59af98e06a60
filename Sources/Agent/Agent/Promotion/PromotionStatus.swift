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
