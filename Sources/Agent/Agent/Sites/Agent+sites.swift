package import AgentAPI
internal import Replication

extension Agent {
  /// Returns all sites that this one has a configuration or a report of, itself first.
  package func sites() async throws -> SitesPage {
    let status = try await status()
    return SitesPage(
      sites: [Self.own(status, at: now)] + (primary?.secondaries(lastEventID: status.lastEventId) ?? []))
  }

  /// The same under Geo's field names.
  package func nodeStatus() async throws -> [NodeStatusRow] { await nodeStatus(try await sites().sites) }

  /// Returns the same for given sites.
  package func nodeStatus(_ sites: [SiteRow]) async -> [NodeStatusRow] {
    let times = await primary?.times(ofEvents: Set(sites.compactMap { $0.status?.lastEventId })) ?? [:]
    let primaryRow = sites.first { $0.role == .primary }
    return sites.map { NodeStatusRow($0, primary: primaryRow, times: times) }
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

  private static func own(_ status: StatusRow, at now: Timestamp) -> SiteRow {
    var row = SiteRow(name: status.site, role: status.role)
    row.health = .known(status.isHealthy ? .healthy : .unhealthy)
    row.problems = status.problems
    row.reportedAt = "\(now)"
    row.status = status
    return row
  }
}
