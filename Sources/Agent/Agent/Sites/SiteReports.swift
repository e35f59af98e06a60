package import AgentAPI
internal import Foundation
internal import Replication
internal import SiteAssembly
internal import StateFiles
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// The last report of each secondary, kept in `<state>/sites/NAME.json` across restarts.
///
/// A report is durable when it is acknowledged. A file that cannot be read is ignored: the next report arrives within a
/// minute.
final class SiteReports: Sendable {
  struct Report: Codable, Sendable {
    /// RFC 3339, UTC, by this site's clock.
    let receivedAt: String
    let status: StatusRow
  }

  private let directory: FilePath
  private let storage: WorkerPool
  private let now: @Sendable () -> Timestamp
  private let reports: Mutex<[String: Report]>

  /// - Parameters:
  ///   - names: the sites whose reports are read; site names are valid file names.
  ///   - kinds: those of this site: other values of a report are dropped.
  init(
    state: String, names: [String], kinds: [KindPlan], storage: WorkerPool,
    now: @escaping @Sendable () -> Timestamp, observer: any ReplicationObserver
  ) async throws {
    directory = FilePath(state).appending("sites")
    self.storage = storage
    self.now = now
    let directory = directory
    reports = Mutex(
      try await storage.run { _ in
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        return Self.read(names, kinds, in: directory, observer)
      })
  }

  private static func read(
    _ names: [String], _ kinds: [KindPlan], in directory: FilePath, _ observer: any ReplicationObserver
  ) -> [String: Report] {
    var reports: [String: Report] = [:]
    for name in names {
      let file = file(of: name, in: directory)
      do {
        guard let report = try file.read() else { continue }
        // The kinds may have changed since it was stored.
        reports[name] = Report(
          receivedAt: report.receivedAt, status: try report.status.report(from: name, of: kinds))
      } catch {
        observer.log(.trouble("read '\(file.path)': it is damaged, and the next report of '\(name)' replaces it"))
      }
    }
    return reports
  }

  private static func file(of name: String, in directory: FilePath) -> StateFile<Report> {
    StateFile(directory.appending("\(name).json"), format: .agentJSON)
  }

  /// Durable on return.
  func take(_ status: StatusRow, from name: String) async throws {
    let report = Report(receivedAt: "\(now())", status: status)
    let file = Self.file(of: name, in: directory)
    try await storage.run { _ in try file.write(report) }
    reports.withLock { $0[name] = report }
  }

  subscript(name: String) -> Report? { reports.withLock { $0[name] } }
}

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
