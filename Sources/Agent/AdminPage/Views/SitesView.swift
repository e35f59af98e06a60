internal import AgentAPI

/// The first screen: each site's health, numbers and troubles.
enum SitesView {
  static func values(_ page: SitesPage, _ trends: TrendPage, _ frame: PageFrame) -> [String: Any] {
    [
      "sites": page.sites.enumerated().map { site($1, isOwn: $0 == 0, frame) },
      "charts": TrendChart.all(trends, now: frame.now, isSecondary: frame.role == .secondary),
    ]
  }

  private static func site(_ site: SiteRow, isOwn: Bool, _ frame: PageFrame) -> [String: Any] {
    let status = site.status
    var facts: [[String: Any]] = [["name": "Role", "value": site.role.text]]
    func add(_ name: String, _ value: String?) {
      if let value { facts.append(["name": name, "value": value]) }
    }
    add("Version", status?.version)
    add("Address", status?.url)
    add("Lag, median", status?.lag.map { Plain.duration($0.p50Seconds) })
    add("Lag, 95 %", status?.lag.map { Plain.duration($0.p95Seconds) })
    add("Last event", status?.lastEventId.map { "\($0)" })
    if status?.isReady == false { add("Ready", "no: \(status?.obstacles?.first ?? "see the log")") }
    add("Events behind", site.eventsBehind.map { "\($0)" })
    add("Reported", site.reportedAt.flatMap { frame.moment($0)["text"] as? String })
    return [
      "name": site.name, "health": site.health.text, "problems": site.problems.map { ["text": $0] },
      "hasProblems": !site.problems.isEmpty, "facts": facts,
      "kinds": (status?.kinds ?? []).map { kind($0, isSecondary: site.role == .secondary, isOwn: isOwn) },
      "oldest": status?.oldestUnsynced.map { oldest($0, isOwn: isOwn) } ?? [],
      "jobs": (status?.jobs ?? []).prefix(20).map { job in
        [
          "id": job.id, "purpose": job.purpose.text, "seconds": Plain.duration(job.seconds),
          "progress": job.progress ?? "", "link": isOwn ? Links.entry(job.replicableName, job.id) : "",
        ]
      },
      "hasJobs": status?.jobs.isEmpty == false,
      "failures": (status?.lastFailures ?? []).prefix(10).map { failure -> [String: Any] in
        [
          "at": frame.moment(failure.at), "id": failure.id, "message": failure.message,
          "link": isOwn ? Links.entry(failure.replicableName, failure.id) : "",
        ]
      },
      "hasFailures": status?.lastFailures.isEmpty == false,
    ]
  }

  private static func oldest(_ row: StatusRow.OldestRow, isOwn: Bool) -> [[String: Any]] {
    [
      [
        "id": row.id, "for": Plain.duration(row.seconds), "reason": row.reason,
        "link": isOwn ? Links.entry(row.replicableName, row.id) : "",
      ]
    ]
  }

  private static func kind(_ kind: StatusRow.KindRow, isSecondary: Bool, isOwn: Bool) -> [String: Any] {
    let (synced, verified) = (kind.count(SyncWord.synced), kind.count(VerificationWord.succeeded))
    var bars: [[String: Any]] = []
    if isSecondary { bars.append(bar("synced", synced, of: kind.count)) }
    bars.append(bar(isSecondary ? "verified" : "checksummed", verified, of: kind.count))
    var counts: [[String: Any]] = []
    func add(_ name: String, _ count: Int, _ query: [(String, String?)]) {
      guard count > 0 else { return }
      counts.append([
        "text": "\(count) \(name)", "link": isOwn ? AgentRoute.path(Links.kind(kind.name), query) : "",
      ])
    }
    for state in UnfinishedWord.words { add("sync \(state)", kind.states[state] ?? 0, [("state", state)]) }
    for state in UnfinishedWord.words {
      add("verification \(state)", kind.verificationStates[state] ?? 0, [("verification_state", state)])
    }
    for (reason, count) in (kind.notReplicated ?? [:]).sorted(by: { $0.key < $1.key }) {
      add("not replicated, \(reason.replacing("_", with: " "))", count, [])
    }
    add("different from the primary", kind.mismatched, [("verification_state", VerificationWord.failed.rawValue)])
    add("missing on the primary", kind.missingOnPrimary, [])
    add("damaged", kind.damaged, [])
    if !kind.removalsWaiting.isEmpty {
      counts.append([
        "text": "\(kind.removalsWaiting.count) removals waiting",
        "link": isOwn ? Links.kind(kind.name, .trashPage) : "",
      ])
    }
    return [
      "name": kind.plural, "count": "\(kind.count)", "link": isOwn ? Links.kind(kind.name) : "", "bars": bars,
      "counts": counts, "isOff": !kind.isEnabled,
    ]
  }

  private static func bar(_ name: String, _ part: Int, of whole: Int) -> [String: Any] {
    [
      "name": name, "part": "\(part)", "whole": "\(max(whole, 1))", "total": "\(whole)",
      "percentage": Plain.percentage(part, of: whole),
    ]
  }
}
