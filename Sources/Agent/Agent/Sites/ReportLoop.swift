internal import AgentAPI
internal import AgentClient
internal import Replication
internal import SiteAssembly
internal import SiteTokens

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

extension StatusRow {
  /// Returns the stored part of a report: its numbers of this site's kinds, under this site's titles for them. A kind
  /// that only the reporting site has is left out, and so are all values other than states, ids, moments and site
  /// names.
  ///
  /// - Parameters:
  ///   - name: the site that sent it.
  ///   - kinds: those of this site.
  /// - Throws: `WireError` for invalid numbers, and for a kind that is reported twice.
  func report(from name: String, of kinds: [KindPlan]) throws -> StatusRow {
    var report = try ForeignRow.cleaned(self)
    let own = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name.text, $0) })
    guard Set(report.kinds.map(\.name)).count == report.kinds.count else {
      throw WireError("a report with two rows of one kind")
    }
    report.site = name
    report.role = .known(.secondary)
    report.url = report.url.flatMap { Self.isWebAddress($0) ? $0 : nil }
    report.kinds = report.kinds.compactMap { row in own[row.name].map { row.known(plural: $0.kind.namePlural) } }
    report.jobs.removeAll { !Self.isKnown($0.replicableName, $0.id, own) }
    report.lastFailures.removeAll { !Self.isKnown($0.replicableName, $0.id, own) || Timestamp($0.at) == nil }
    report.oldestUnsynced = report.oldestUnsynced.flatMap { Self.isKnown($0.replicableName, $0.id, own) ? $0 : nil }
    report.rosters?.removeAll { own[$0.replicableName] == nil }
    report.lastEventAt = report.lastEventAt.flatMap { Timestamp($0) == nil ? nil : $0 }
    report.fencedBy = report.fencedBy.flatMap { SiteName($0) == nil ? nil : $0 }
    // A secondary has no sites that follow it.
    report.secondaries = nil
    return report
  }

  private static func isKnown(_ kind: String, _ id: String, _ own: [String: KindPlan]) -> Bool {
    own[kind] != nil && KindRow.isID(id)
  }

  private static func isWebAddress(_ text: String) -> Bool {
    (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.utf8.count <= 300
      && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "<") }
  }
}

extension StatusRow.KindRow {
  /// Returns the row without values that this version does not count.
  fileprivate func known(plural: String) -> StatusRow.KindRow {
    var row = self
    row.plural = plural
    row.states = states.filter { SyncState(rawValue: $0.key) != nil || VerificationState(rawValue: $0.key) != nil }
    row.verificationStates = verificationStates.filter { VerificationState(rawValue: $0.key) != nil }
    row.removalsWaiting.removeAll { !Self.isID($0) }
    row.oldestCheckAt = oldestCheckAt.flatMap { Timestamp($0) == nil ? nil : $0 }
    row.lastScanAt = lastScanAt.flatMap { Timestamp($0) == nil ? nil : $0 }
    return row
  }

  static func isID(_ text: String) -> Bool {
    // Which rule it breaks is irrelevant: it is not shown.
    (try? ReplicableID(text)) != nil
  }
}
