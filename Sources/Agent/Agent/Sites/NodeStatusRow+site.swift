internal import AgentAPI
internal import Replication

extension NodeStatusRow {
  /// A site's numbers under Geo's names. For a site that has never reported, all but its name are `null`.
  ///
  /// - Parameters:
  ///   - primary: the primary's own row, where this site has it; it has the log's end.
  ///   - times: when lines of the log were written, as seconds since 1970, by their ids.
  init(_ site: SiteRow, primary: SiteRow?, times: [UInt64: Int64]) {
    self.init()
    let status = site.status
    self["name"] = .text(site.name)
    self["primary"] = .flag(site.role == .primary)
    self["url"] = .text(optional: status?.url)
    self["healthy"] = .flag(site.health == .healthy)
    self["health"] = .text(site.problems.first ?? "Healthy")
    self["health_status"] = .text(site.health.text.prefix(1).uppercased() + site.health.text.dropFirst())
    self["problems_count"] = .count(UInt64(site.problems.count))
    self["version"] = .text(optional: status?.version)
    self["updated_at"] = .text(optional: site.reportedAt)
    self["last_successful_status_check_timestamp"] = Self.seconds(site.reportedAt)
    self["_links"] = .fields([
      "self": .text(AgentRoute.nodeStatus(of: site.name)), "site": .text(AgentRoute.sites),
    ])
    setCursor(site, primary, times)
    setLag(status)
    setChecks(site.role == .secondary ? status : nil)
    for kind in status?.kinds ?? [] { set(kind, isPrimary: site.role == .primary) }
  }

  private mutating func setCursor(_ site: SiteRow, _ primary: SiteRow?, _ times: [UInt64: Int64]) {
    let end = primary?.status?.lastEventId
    let taken = site.role == .secondary ? site.status?.lastEventId : nil
    self["last_event_id"] = .count(optional: end)
    self["last_event_timestamp"] = .time(end.flatMap { times[$0] })
    self["cursor_last_event_id"] = .count(optional: taken)
    self["cursor_last_event_timestamp"] =
      taken.flatMap { times[$0] }.map { .time($0) } ?? (taken == nil ? .null : Self.seconds(site.status?.lastEventAt))
    self["events_behind_count"] = .count(optional: site.eventsBehind)
  }

  private mutating func setLag(_ status: StatusRow?) {
    // Geo's number is of a database, which Remora does not have.
    self["db_replication_lag_seconds"] = .null
    let isSecondary = status.map { $0.role == .secondary } ?? false
    self["oldest_unsynced_seconds"] = isSecondary ? .seconds(status?.oldestUnsynced?.seconds ?? 0) : .null
    self["replication_lag_p50_seconds"] = status?.lag.map { .seconds($0.p50Seconds) }
    self["replication_lag_p95_seconds"] = status?.lag.map { .seconds($0.p95Seconds) }
    self["replication_lag_max_seconds"] = status?.lag.map { .seconds($0.maxSeconds) }
  }

  /// Geo checks the repositories of its primary; Remora checks the copies.
  private mutating func setChecks(_ status: StatusRow?) {
    let kinds = status?.kinds.filter { $0.oldestCheckAt != nil || $0.unchecked > 0 }
    let count = kinds?.reduce(0) { $0.clampedSum($1.count) }
    let checked = kinds?.reduce(0) { $0.clampedSum($1.count.clampedDifference($1.unchecked)) }
    self["repositories_checked_count"] = .count(optional: checked)
    self["repositories_checked_failed_count"] = .count(optional: kinds?.reduce(0) { $0.clampedSum($1.damaged) })
    self["repositories_checked_in_percentage"] = checked.map { .percentage($0, of: count ?? 0) }
  }

  /// One kind's fields, by its plural (GitLab EE 18, `GeoNodeStatus`).
  private mutating func set(_ kind: StatusRow.KindRow, isPrimary: Bool) {
    let (synced, verified) = (kind.count(SyncWord.synced), kind.count(VerificationWord.succeeded))
    func set(_ suffix: String, _ value: Int, at place: Bool) {
      self["\(kind.plural)_\(suffix)"] = place ? .count(optional: value) : .null
    }
    self["\(kind.plural)_replication_enabled"] = .flag(kind.isEnabled)
    set("count", kind.count, at: true)
    set("checksum_total_count", kind.count, at: isPrimary)
    set("checksummed_count", verified, at: isPrimary)
    set("checksum_failed_count", kind.count(VerificationWord.failed), at: isPrimary)
    set("registry_count", kind.count, at: !isPrimary)
    set("synced_count", synced, at: !isPrimary)
    set("failed_count", kind.count(SyncWord.failed), at: !isPrimary)
    set("verification_total_count", kind.count, at: !isPrimary)
    set("verified_count", verified, at: !isPrimary)
    set("verification_failed_count", kind.count(VerificationWord.failed), at: !isPrimary)
    set("mismatched_count", kind.mismatched, at: !isPrimary)
    self["\(kind.plural)_synced_in_percentage"] = isPrimary ? .null : .percentage(synced, of: kind.count)
    self["\(kind.plural)_verified_in_percentage"] = isPrimary ? .null : .percentage(verified, of: kind.count)
  }

  private static func seconds(_ text: String?) -> Value {
    .time(text.flatMap { Timestamp($0) }.map { $0.milliseconds / 1_000 })
  }
}

extension NodeStatusRow.Value {
  fileprivate static func text(optional text: String?) -> Self { text.map { .text($0) } ?? .null }

  fileprivate static func count(optional count: UInt64?) -> Self { count.map { .count($0) } ?? .null }

  fileprivate static func count(optional count: Int?) -> Self { count.map { .count(UInt64(max(0, $0))) } ?? .null }

  /// Seconds since 1970; none before.
  fileprivate static func time(_ seconds: Int64?) -> Self {
    seconds.flatMap { UInt64(exactly: $0) }.map { .count($0) } ?? .null
  }

  /// In Geo's format; 0.00% of nothing. Never 100% unless complete.
  fileprivate static func percentage(_ part: Int, of whole: Int) -> Self {
    let hundredths = part.share(of: whole, in: 10_000)
    let rest = hundredths % 100
    return .text("\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%")
  }
}
