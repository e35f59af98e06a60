internal import AgentAPI
internal import Foundation

/// A status as lines of text.
struct StatusTable {
  private let status: StatusRow
  private let isColored: Bool

  init(_ status: StatusRow, isColored: Bool) {
    self.status = status
    self.isColored = isColored
  }

  var lines: [String] {
    var lines = [
      "\(status.role) '\(status.site)', version \(status.version), since \(status.startedAt): "
        + (status.isHealthy ? painted("healthy", 32) : painted("not healthy", 31))
        + (status.isReady == false ? ", not ready" : "")
    ]
    lines += status.problems.map { painted("  ! ", 31) + $0 }
    lines += (status.obstacles ?? []).map { "  not ready: \($0)" }
    for kind in status.kinds { lines += self.lines(of: kind) }
    if let lag = status.lag {
      lines.append(
        "lag of the last \(lag.samples): p50 \(lag.p50Seconds) s, p95 \(lag.p95Seconds) s, longest \(lag.maxSeconds) s")
    }
    if let oldest = status.oldestUnsynced {
      lines.append("waits longest: \(oldest.replicableName) '\(oldest.id)' for \(oldest.seconds) s: \(oldest.reason)")
    }
    lines += status.jobs.map { job in
      "runs: \(job.purpose) of \(job.replicableName) '\(job.id)' for \(job.seconds) s"
        + (job.progress.map { ", \($0)" } ?? "")
    }
    lines += status.lastFailures.prefix(5).map { "failed at \($0.at): \($0.replicableName) '\($0.id)': \($0.message)" }
    if let primary = status.primary {
      lines.append(
        "primary \(primary.url): \(primary.isReachable ? "answers" : "does not answer"), last at"
          + " \(primary.lastContactAt ?? "no time"), \(status.lastEventId.map { "event \($0) taken" } ?? "no event taken")"
      )
    }
    for secondary in status.secondaries ?? [] {
      lines.append(
        "secondary '\(secondary.name)': last asked at \(secondary.lastContactAt ?? "no time"), has taken event"
          + " \(secondary.lastEventId ?? 0) of \(status.lastEventId ?? 0)")
    }
    return lines
  }

  private func lines(of kind: StatusRow.KindRow) -> [String] {
    var parts: [String] = []
    for (states, label) in [(kind.states, ""), (kind.verificationStates, "verification ")] {
      parts += states.sorted { $0.key < $1.key }.filter { $0.value > 0 }.map { state, count in
        "\(label)\(state) \(count) (\(percent(count, of: kind.count)))"
      }
    }
    var lines = ["\(kind.plural): \(kind.count)" + (kind.isEnabled ? "" : ", switched off")]
    if !parts.isEmpty { lines.append("  " + parts.joined(separator: ", ")) }
    for (reason, count) in (kind.notReplicated ?? [:]).sorted(by: { $0.key < $1.key }) where count > 0 {
      lines.append("  not replicated, \(reason.replacing("_", with: " ")): \(count)")
    }
    lines += (kind.notReplicatedExamples ?? []).prefix(5).map { row in
      let age = row.since.map { ", since \($0)" } ?? ""
      let copy = row.lastSuccessAt.map { ", the copy is of \($0)" } ?? ""
      return "    '\(row.id)': \(row.message ?? row.reason)\(age)\(copy)"
    }
    if kind.mismatched > 0 { lines.append("  \(kind.mismatched) differ from the primary") }
    if kind.missingOnPrimary > 0 { lines.append("  \(kind.missingOnPrimary) are missing on the primary") }
    if !kind.removalsWaiting.isEmpty {
      lines.append("  removals that wait: \(kind.removalsWaiting.prefix(10).joined(separator: ", "))")
    }
    if let scan = kind.lastScanAt { lines.append("  last scan at \(scan)") }
    let place = status.role == "primary" ? "" : " on the primary"
    lines += kind.skipped.prefix(5).map { "  left out\(place): \($0)" }
    if let count = kind.skippedCount, count > min(5, kind.skipped.count) {
      lines.append("  left out\(place) in all: \(count)")
    }
    return lines
  }

  private func percent(_ count: Int, of total: Int) -> String {
    // Never 100 % unless complete.
    total == 0 ? "-" : "\(count == total ? 100 : min(99, count.share(of: total, in: 100))) %"
  }

  private func painted(_ text: String, _ color: Int) -> String {
    isColored ? "\u{1b}[\(color)m\(text)\u{1b}[0m" : text
  }
}
