internal import Agent
internal import AgentAPI
internal import MetricsExposition

/// What `/metrics` says of a site beside what was counted: its numbers at the moment of the scrape, under Geo's names where Geo has
/// one and under ours where it has none.
enum SiteMetrics {
  static func families(of agent: Agent) async -> [MetricFamily] {
    let status: StatusRow
    do {
      status = try await agent.status()
    } catch {
      return [gauge("remora_up", "Whether the site can read its own state.", [.init(0)])]
    }
    var families = [
      gauge("remora_up", "Whether the site can read its own state.", [.init(1)]),
      gauge(
        "remora_info", "What runs here.",
        [.init(1, labels: [("version", status.version), ("site", status.site), ("role", status.role)])]),
      gauge("remora_healthy", "Whether nothing needs a person.", [.init(status.isHealthy ? 1 : 0)]),
      gauge("remora_problems", "Things that need a person.", [.init(Double(status.problems.count))]),
      gauge("remora_running_jobs", "Jobs that run now, by purpose.", jobs(status)),
    ]
    families += status.role == "primary" ? primary(status) : secondary(status)
    for kind in status.kinds { families += geo(kind, status) }
    return families
  }

  private static func jobs(_ status: StatusRow) -> [MetricFamily.Sample] {
    ["sync", "verification", "housekeeping", "check"].map { purpose in
      .init(Double(status.jobs.count { $0.purpose == purpose }), labels: [("purpose", purpose)])
    }
  }

  private static func primary(_ status: StatusRow) -> [MetricFamily] {
    let label = [(name: "name", value: status.site)]
    let readers = (status.secondaries ?? []).filter { $0.lastEventId != nil }
    return [
      gauge(
        "geo_last_event_id", "The last event of the log.", [.init(Double(status.lastEventId ?? 0), labels: label)]),
      gauge(
        "remora_secondary_last_event_id", "The last event that a secondary has taken.",
        readers.map { .init(Double($0.lastEventId ?? 0), labels: [("secondary", $0.name)]) }),
      gauge(
        "remora_catalog_complete", "Whether the last listing of a kind saw everything.",
        status.kinds.compactMap { kind in
          kind.isCatalogComplete.map { .init($0 ? 1 : 0, labels: [("kind", kind.name)]) }
        }),
    ]
  }

  private static func secondary(_ status: StatusRow) -> [MetricFamily] {
    let label = [(name: "name", value: status.site)]
    return [
      gauge(
        "geo_cursor_last_event_id", "The last event that every registry has taken.",
        [.init(Double(status.lastEventId ?? 0), labels: label)]),
      gauge(
        "remora_primary_reachable", "Whether the primary answered last time.",
        [.init(status.primary?.isReachable == true ? 1 : 0)]),
      gauge(
        "remora_oldest_unsynced_seconds", "For how long the replicable waits that waits longest.",
        [.init(status.oldestUnsynced?.seconds ?? 0)]),
      gauge(
        "remora_damaged_copies", "Copies whose last object check found something.",
        status.kinds.map { .init(Double($0.damaged), labels: [("kind", $0.name)]) }),
      gauge(
        "remora_unchecked_copies", "Copies whose objects were never checked.",
        status.kinds.map { .init(Double($0.unchecked), labels: [("kind", $0.name)]) }),
      gauge("remora_queue_depth", "Replicables that wait for a sync or a verification.", queues(status)),
    ]
  }

  private static func queues(_ status: StatusRow) -> [MetricFamily.Sample] {
    status.kinds.flatMap { kind -> [MetricFamily.Sample] in
      [
        .init(Double(kind.states["pending"] ?? 0), labels: [("kind", kind.name), ("purpose", "sync")]),
        .init(Double(kind.needsVerification), labels: [("kind", kind.name), ("purpose", "verification")]),
      ]
    }
  }

  /// Geo names a gauge after the status field without its last `_count` (GitLab EE 18, `MetricsUpdateService`).
  private static func geo(_ kind: StatusRow.KindRow, _ status: StatusRow) -> [MetricFamily] {
    var labels = [(name: "name", value: status.site)]
    if let url = status.primary?.url { labels.append((name: "url", value: url)) }
    func number(_ suffix: String, _ help: String, _ value: Int?) -> MetricFamily {
      MetricFamily(
        "geo_\(kind.plural)\(suffix)", suffix.hasSuffix("_total") ? .untyped : .gauge, help: "\(kind.name): \(help)",
        samples: [.init(Double(value ?? 0), labels: labels)])
    }
    let verification = kind.verificationStates
    if status.role == "primary" {
      return [
        number("", "replicables on the primary.", kind.count),
        number("_checksum_total", "replicables to checksum.", kind.count),
        number("_checksummed", "replicables with a checksum.", verification["succeeded"]),
        number("_checksum_failed", "replicables that could not be checksummed.", verification["failed"]),
      ]
    }
    return [
      number("_registry", "entries of the registry.", kind.count),
      number("_synced", "copies that are synced.", kind.states["synced"]),
      number("_failed", "copies that failed to sync.", kind.states["failed"]),
      number("_verification_total", "copies to verify.", kind.count),
      number("_verified", "copies that were verified.", verification["succeeded"]),
      number("_verification_failed", "copies that failed their verification.", verification["failed"]),
    ]
  }

  private static func gauge(_ name: String, _ help: String, _ samples: [MetricFamily.Sample]) -> MetricFamily {
    MetricFamily(name, .gauge, help: help, samples: samples)
  }
}
