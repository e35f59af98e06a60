package import AgentAPI
internal import EventLog
internal import Replication

extension Agent {
  /// An older report is ignored (GitLab EE 13, `GeoNodeStatus::EXPIRATION_IN_MINUTES`).
  private static let expiration = Duration.seconds(600)

  /// Returns all sites that this one has a configuration or a report of, itself first.
  package func sites() async throws -> SitesPage {
    let status = try await status()
    var sites = [Self.own(status, at: environment.now())]
    if case .primary(let site) = site {
      for name in site.secondaries.names { sites.append(secondary(name, of: site, lastEventID: status.lastEventId)) }
    }
    return SitesPage(sites: sites)
  }

  /// The same under Geo's field names.
  package func nodeStatus() async throws -> [NodeStatusRow] { await nodeStatus(try await sites().sites) }

  /// Returns the same for given sites.
  package func nodeStatus(_ sites: [SiteRow]) async -> [NodeStatusRow] {
    var times: [UInt64: Int64] = [:]
    if case .primary(let site) = site {
      for id in Set(sites.compactMap { $0.status?.lastEventId }) {
        times[id] = await site.log.moment(ofLine: id).map { $0.milliseconds / 1_000 }
      }
    }
    let primary = sites.first { $0.role == "primary" }
    return sites.map { NodeStatusRow($0, primary: primary, times: times) }
  }

  /// Returns the status of one site.
  ///
  /// - Throws: `AgentFault` 404 for an unknown site.
  package func nodeStatus(of name: String) async throws -> NodeStatusRow {
    guard let row = try await nodeStatus().first(where: { $0["name"] == .text(name) }) else {
      throw AgentFault(
        404, "unknown_site", "look '\(name.prefix(100))' up: this site knows none of that name",
        hint: "GET \(AgentRoute.nodeStatus) shows all that it knows")
    }
    return row
  }

  /// Stores a secondary's report; durable on return. Only values of this site's kinds are kept.
  ///
  /// - Throws: `AgentFault` 403 for a report of another site than the sender, 400 for invalid numbers and for a kind
  ///   that is named twice.
  package func take(report: StatusRow, from name: String) async throws {
    let site = try primarySite(for: "take the report of a site")
    guard report.site == name, report.role == "secondary", site.secondaries.names.contains(name) else {
      throw AgentFault(403, "forbidden", "take a report of '\(report.site.prefix(100))' from '\(name)'")
    }
    let known: StatusRow
    do {
      known = try report.report(from: name, of: plan.kinds)
    } catch {
      throw AgentFault(400, "invalid_request", "take the report of '\(name)': \(error)")
    }
    site.secondaries.heard(from: name)
    try await site.reports.take(known, from: name)
  }

  private static func own(_ status: StatusRow, at now: Timestamp) -> SiteRow {
    var row = SiteRow(name: status.site, role: status.role)
    row.health = status.isHealthy ? "healthy" : "unhealthy"
    row.problems = status.problems
    row.reportedAt = "\(now)"
    row.status = status
    return row
  }

  private func secondary(_ name: String, of site: PrimarySite, lastEventID: UInt64?) -> SiteRow {
    var row = SiteRow(name: name, role: "secondary")
    let taken = site.secondaries[name].cursor?.id ?? site.reports[name]?.status.lastEventId
    if let taken, let lastEventID { row.eventsBehind = lastEventID > taken ? lastEventID.clampedDifference(taken) : 0 }
    guard let report = site.reports[name] else {
      row.problems = ["'\(name)' has never told how it stands: see whether its agent runs there"]
      return row
    }
    row.status = report.status
    row.reportedAt = report.receivedAt
    row.problems = report.status.problems
    if Timestamp(report.receivedAt).map({ environment.now() - $0 > Self.expiration }) ?? true {
      row.problems.insert(
        "'\(name)' has not told how it stands since \(report.receivedAt): see whether its agent runs there", at: 0)
    }
    row.health = row.problems.isEmpty ? "healthy" : "unhealthy"
    return row
  }
}
