internal import AgentAPI
internal import AgentClient
internal import Replication

/// Tells the primary again and again how this secondary stands.
struct ReportLoop: Sendable {
  let client: AgentClient
  let observer: any ReplicationObserver
  let status: @Sendable () async throws -> StatusRow

  /// A primary calls a site unhealthy that it has not heard of for ten minutes.
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
      // Cancelled: the loop sees it.
      try? await Task.sleep(for: Self.interval)
    }
  }

  /// A primary that cannot be reached is told of by the loop that reads its events, and an older one has no such route.
  private func judge(_ error: any Error, after last: String?) -> (text: String, isNews: Bool) {
    guard let fault = error as? AgentFault else { return ("\(error)", last != "\(error)") }
    return (fault.code, fault.code != last && fault.status != 0 && fault.status != 404)
  }
}

extension StatusRow {
  /// The same, with lists that fit into one request: what is long is on the site's own page.
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
