internal import AgentAPI
internal import AgentClient
internal import Replication

/// Reports this secondary's status to the primary at intervals.
struct ReportLoop: Sendable {
  let client: AgentClient
  let observer: any ReplicationObserver
  let status: @Sendable () async throws -> StatusRow

  /// A primary shows a site as unhealthy after ten minutes without a report.
  private static let interval = Duration.seconds(30)

  /// Runs until the task is cancelled.
  func run() async {
    var last: String?
    while !Task.isCancelled {
      do {
        try await client.post(AgentRoute.siteReport, try await status().forReport)
        last = nil
      } catch {
        guard !Task.isCancelled else { return }
        let (text, isNews) = judge(error, after: last)
        if isNews { observer.log(.trouble("tell the primary how this site stands: \(text)")) }
        last = text
      }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.interval)
    }
  }

  /// The loop that reads events logs an unreachable primary, and an older primary has no such route.
  private func judge(_ error: any Error, after last: String?) -> (text: String, isNews: Bool) {
    guard let fault = error as? AgentFault else { return ("\(error)", last != "\(error)") }
    return (fault.code, fault.code != last && fault.status != 0 && fault.status != 404)
  }
}

extension StatusRow {
  /// The same, with lists cut to fit into one request; the site's own page has the full ones.
  fileprivate var forReport: StatusRow {
    var report = self
    report.problems = Array(problems.prefix(Self.longest))
    report.jobs = Array(jobs.prefix(Self.longest))
    report.lastFailures = Array(lastFailures.prefix(Self.longest))
    for index in kinds.indices {
      report.kinds[index].removalsWaiting = Array(kinds[index].removalsWaiting.prefix(Self.longest))
    }
    return report
  }

  private static var longest: Int { 100 }
}
