/// What the dashboard shows: first whether the copies are good, then how late they are, then why.
enum GrafanaPanels {
  struct Panel {
    let title: String
    let meaning: String
    /// One number, a quarter wide; else a chart, half wide.
    var isNumber = false
    let unit: String
    let column: Int
    let row: Int
    let queries: [(query: String, legend: String)]
  }

  private static let site = #"{instance=~"$instance"}"#

  static let all = numbers + charts

  private static let numbers = [
    Panel(
      title: "Sites that need a person", meaning: "'remora status' there says what.", isNumber: true, unit: "none",
      column: 0, row: 0, queries: [("count(remora_healthy\(site) == 0) or vector(0)", "")]),
    Panel(
      title: "Oldest change not verified", meaning: "How far the copies are behind now.", isNumber: true, unit: "s",
      column: 6, row: 0, queries: [("max(remora_oldest_unsynced_seconds\(site))", "")]),
    Panel(
      title: "Copies that differ or are damaged", meaning: "They are fetched anew by themselves.", isNumber: true,
      unit: "none", column: 12, row: 0,
      queries: [("sum(remora_mismatched_copies\(site)) + sum(remora_damaged_copies\(site))", "")]),
    Panel(
      title: "Removals that wait", meaning: "'remora registry confirm-removals --kind KIND' lets them go on.",
      isNumber: true,
      unit: "none", column: 18, row: 0, queries: [("sum(remora_removals_waiting\(site))", "")]),
  ]

  private static let charts = [
    Panel(
      title: "Lag", meaning: "From an event's publication to the verification that saw it.", unit: "s", column: 0,
      row: 4,
      queries: [
        (quantile(0.5, "remora_replication_lag_seconds"), "half {{kind}}"),
        (quantile(0.95, "remora_replication_lag_seconds"), "19 of 20 {{kind}}"),
      ]),
    Panel(
      title: "Queue", meaning: "What waits for a sync or a verification.", unit: "none", column: 12, row: 4,
      queries: [("sum by (kind, purpose) (remora_queue_depth\(site))", "{{kind}} {{purpose}}")]),
    Panel(
      title: "Syncs", meaning: "Ends of syncs a second, by what they came to.", unit: "ops", column: 0, row: 12,
      queries: [
        ("sum by (kind, result) (rate(remora_sync_seconds_count\(site)[$__rate_interval]))", "{{kind}} {{result}}")
      ]
    ),
    Panel(
      title: "Throughput", meaning: "Bytes that syncs have brought.", unit: "Bps", column: 12, row: 12,
      queries: [("sum by (kind) (rate(remora_transferred_bytes_total\(site)[$__rate_interval]))", "{{kind}}")]),
    Panel(
      title: "Verifications", meaning: "Ends of verifications a second, by what they rest on or came to.", unit: "ops",
      column: 0, row: 20,
      queries: [
        (
          "sum by (kind, result) (rate(remora_verification_seconds_count\(site)[$__rate_interval]))",
          "{{kind}} {{result}}"
        )
      ]),
    Panel(
      title: "Failures", meaning: "What could not be done, by operation and code.", unit: "ops", column: 12, row: 20,
      queries: [
        (
          "sum by (operation, code) (rate(remora_failures_total\(site)[$__rate_interval]))", "{{operation}} {{code}}"
        )
      ]),
    Panel(
      title: "Seconds of a sync", meaning: "Nineteen of twenty take no longer.", unit: "s", column: 0, row: 28,
      queries: [(quantile(0.95, "remora_sync_seconds"), "{{kind}}")]),
    Panel(
      title: "Jobs", meaning: "What runs now.", unit: "none", column: 12, row: 28,
      queries: [("sum by (purpose) (remora_running_jobs\(site))", "{{purpose}}")]),
    Panel(
      title: "Lines of the log not taken", meaning: "By secondary, as the primary counts.", unit: "none", column: 0,
      row: 36,
      queries: [("remora_secondary_events_behind\(site)", "{{secondary}}")]),
    Panel(
      title: "Site healthy", meaning: "1 while nothing needs a person.", unit: "none", column: 12, row: 36,
      queries: [("remora_healthy\(site)", "{{instance}}")]),
  ]

  private static func quantile(_ part: Double, _ name: String) -> String {
    "histogram_quantile(\(part), sum by (le, kind) (rate(\(name)_bucket\(site)[$__rate_interval])))"
  }
}
