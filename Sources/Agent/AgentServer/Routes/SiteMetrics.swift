internal import Agent
internal import AgentAPI
internal import MetricsExposition

/// The gauges of a site in `/metrics`, in addition to counters: its numbers at the moment of the scrape, under Geo's
/// names where Geo has one (`GeoMetrics`) and under Remora's where it has none. The article `Metrics` lists each.
enum SiteMetrics {
  static func families(of agent: Agent) async -> [MetricFamily] {
    let help = "Whether the site can read its own state."
    do {
      let sites = try await agent.sites().sites
      guard let status = sites.first?.status else { return [gauge("remora_up", help, [.init(0)])] }
      let own = [gauge("remora_up", help, [.init(1)])] + common(status)
      let ofRole = status.role == .primary ? primary(status, sites) : secondary(status)
      return own + ofRole + GeoMetrics.families(of: await agent.nodeStatus(sites))
    } catch {
      return [gauge("remora_up", help, [.init(0)])]
    }
  }

  private static func common(_ status: StatusRow) -> [MetricFamily] {
    [
      gauge(
        "remora_info", "What runs here.",
        [.init(1, labels: [("version", status.version), ("site", status.site), ("role", status.role.text)])]),
      gauge("remora_healthy", "Whether nothing needs a person.", [.init(status.isHealthy ? 1 : 0)]),
      gauge("remora_ready", "Whether /readyz answers 200.", [.init(status.isReady == false ? 0 : 1)]),
      gauge(
        "remora_not_replicated", "Replicables that are tracked and not replicated, by reason.",
        status.kinds.flatMap { kind in
          NotReplicatedReason.words.map { reason in
            .init(Double(kind.notReplicated?[reason] ?? 0), labels: [("kind", kind.name), ("reason", reason)])
          }
        }),
      gauge(
        "remora_left_out", "What the last listing of a kind left out.",
        status.kinds.map { .init(Double($0.skippedCount ?? 0), labels: [("kind", $0.name)]) }),
      gauge("remora_problems", "Things that need a person.", [.init(Double(status.problems.count))]),
      gauge("remora_running_jobs", "Jobs that run now, by purpose.", jobs(status)),
      gauge(
        "remora_feature_enabled", "Whether a kind is replicated.",
        status.kinds.map { .init($0.isEnabled ? 1 : 0, labels: [("kind", $0.name)]) }),
      gauge(
        "remora_catalog_complete", "Whether the last listing of a kind saw everything.",
        status.kinds.compactMap { kind in
          kind.isCatalogComplete.map { .init($0 ? 1 : 0, labels: [("kind", kind.name)]) }
        }),
    ]
  }

  private static func jobs(_ status: StatusRow) -> [MetricFamily.Sample] {
    JobWord.allCases.map { purpose in
      .init(Double(status.jobs.count { $0.purpose == purpose }), labels: [("purpose", purpose.rawValue)])
    }
  }

  private static func primary(_ status: StatusRow, _ sites: [SiteRow]) -> [MetricFamily] {
    let secondaries = sites.filter { $0.role == .secondary }
    return [
      gauge(
        "remora_secondary_last_event_id", "The last event that a secondary has taken.",
        (status.secondaries ?? []).compactMap { row in
          row.lastEventId.map { .init(Double($0), labels: [("secondary", row.name)]) }
        }),
      gauge(
        "remora_secondary_events_behind", "Lines of the log that a secondary has not taken yet.",
        secondaries.compactMap { row in
          row.eventsBehind.map { .init(Double($0), labels: [("secondary", row.name)]) }
        }),
      gauge(
        "remora_secondary_healthy",
        "Whether a secondary has reported within ten minutes that nothing needs an operator.",
        secondaries.map { .init($0.health == .healthy ? 1 : 0, labels: [("secondary", $0.name)]) }),
    ]
  }

  private static func secondary(_ status: StatusRow) -> [MetricFamily] {
    func byKind(_ value: (StatusRow.KindRow) -> Int) -> [MetricFamily.Sample] {
      status.kinds.map { .init(Double(value($0)), labels: [("kind", $0.name)]) }
    }
    return [
      gauge(
        "remora_primary_reachable", "Whether the primary answered last time.",
        [.init(status.primary?.isReachable == true ? 1 : 0)]),
      gauge(
        "remora_work_paused", "Whether work rests because the primary or this machine fails.",
        [.init(status.primary?.pausedBy == nil ? 0 : 1)]),
      gauge(
        "remora_failing_hosts", "Hosts that content is fetched from and that fail.",
        [.init(Double(status.failingHosts?.count ?? 0))]),
      gauge(
        "remora_failing_polls", "Repositories that cannot be asked for changes, although their host answers.",
        byKind { $0.failingPolls ?? 0 }),
      gauge(
        "remora_refused_roots", "Directories of copies that are not the right ones, so that nothing is done in them.",
        byKind { $0.rootRefusal == nil ? 0 : 1 }),
      gauge(
        "remora_machine_failures", "What this machine itself cannot do now.",
        [.init(Double(status.machine?.count ?? 0))]),
      gauge(
        "remora_oldest_unsynced_seconds", "For how long the replicable waits that waits longest.",
        [.init(status.oldestUnsynced?.seconds ?? 0)]),
      gauge("remora_damaged_copies", "Copies whose last object check found something.", byKind(\.damaged)),
      gauge("remora_unchecked_copies", "Copies whose objects were never checked.", byKind(\.unchecked)),
      gauge("remora_mismatched_copies", "Copies whose last verification found a difference.", byKind(\.mismatched)),
      gauge("remora_missing_on_primary", "Entries that the primary does not have.", byKind(\.missingOnPrimary)),
      gauge(
        "remora_removals_waiting", "Removals that wait for a confirmation.", byKind { $0.removalsWaiting.count }),
      gauge("remora_job_limit", "Jobs that may run at a time, by the limit's name.", limits(status)),
      gauge("remora_queue_depth", "Replicables that wait for a sync or a verification.", queues(status)),
    ]
  }

  private static func limits(_ status: StatusRow) -> [MetricFamily.Sample] {
    (status.jobLimits ?? [:]).sorted { $0.key < $1.key }.map { .init(Double($0.value), labels: [("limit", $0.key)]) }
  }

  private static func queues(_ status: StatusRow) -> [MetricFamily.Sample] {
    status.kinds.flatMap { kind -> [MetricFamily.Sample] in
      [
        .init(Double(kind.count(SyncWord.pending)), labels: [("kind", kind.name), ("purpose", JobWord.sync.rawValue)]),
        .init(
          Double(kind.needsVerification), labels: [("kind", kind.name), ("purpose", JobWord.verification.rawValue)]),
      ]
    }
  }

  private static func gauge(_ name: String, _ help: String, _ samples: [MetricFamily.Sample]) -> MetricFamily {
    MetricFamily(name, .gauge, help: help, samples: samples)
  }
}

/// The numbers of the node status as gauges: `geo_` and the field's name without its last `_count`, with the site's
/// name and URL (GitLab EE 18, `Geo::MetricsUpdateService`). A primary shows those of its secondaries, too, as Geo's
/// does.
enum GeoMetrics {
  /// Fields that are no counts but that Geo exports.
  private static let others: Set = [
    "last_event_id", "last_event_timestamp", "cursor_last_event_id", "cursor_last_event_timestamp",
    "last_successful_status_check_timestamp",
  ]

  static func families(of rows: [NodeStatusRow]) -> [MetricFamily] {
    var samples: [String: [MetricFamily.Sample]] = [:]
    for row in rows {
      let labels = [(name: "name", value: text(row["name"])), (name: "url", value: text(row["url"]))]
      for (field, value) in row.fields {
        guard case .count(let count) = value, field.hasSuffix("_count") || others.contains(field) else { continue }
        samples[field, default: []].append(.init(Double(count), labels: labels))
      }
    }
    return samples.map { field, samples in
      let name = field.hasSuffix("_count") ? String(field.dropLast("_count".count)) : field
      return MetricFamily(
        "geo_\(name)", name.hasSuffix("_total") ? .untyped : .gauge, help: help(of: name), samples: samples)
    }
  }

  private static func text(_ value: NodeStatusRow.Value?) -> String {
    if case .text(let text)? = value { text } else { "" }
  }

  private static func help(of name: String) -> String {
    "\(name.replacing("_", with: " ")), as GET \(AgentRoute.nodeStatus) says of a site."
  }
}
