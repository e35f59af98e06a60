internal import AgentAPI
internal import AgentClient
internal import ArgumentParser
internal import Foundation
internal import Glibc

/// `remora status`: an agent at a glance.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show how an agent is: counts, lag, running jobs, problems.",
    discussion: """
      Exit 0: healthy. Exit 1: something needs a person, or the agent does not
      answer.

      Examples:
        remora status --config /etc/remora/remora.yaml
        remora status --url https://berlin.example.org:7170 --token-file reader.token
        remora status --watch
      """)

  @Flag(help: "Print the agent's JSON object.")
  var json = false

  @Flag(help: "Show it again every second, until Ctrl-C.")
  var watch = false

  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    guard watch else {
      let status = try await agent.ask { try await $0.get(AgentRoute.status, as: StatusRow.self) }
      try show(status)
      if !status.isHealthy { throw ExitStatus.failed }
      return
    }
    let (agent, command) = (agent, self)
    _ = await Interruption.watch {
      while !Task.isCancelled {
        do {
          let status = try await agent.ask { try await $0.get(AgentRoute.status, as: StatusRow.self) }
          if !command.json, isatty(STDOUT_FILENO) == 1 { Output.text("\u{1b}[H\u{1b}[2J") }
          try command.show(status)
        } catch {
          // Printed already; an agent that is being restarted comes back.
        }
        // Throws only when cancelled, which the loop checks.
        try? await Task.sleep(for: .seconds(1))
      }
    }
    throw ExitStatus.interrupted
  }

  private func show(_ status: StatusRow) throws {
    if json { return try Output.row(status) }
    let isColored = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    for line in StatusTable(status, isColored: isColored).lines { Output.result(line) }
  }
}

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
      return "    '\(row.id)': \(row.message ?? row.reason.text)\(age)\(copy)"
    }
    if kind.mismatched > 0 { lines.append("  \(kind.mismatched) differ from the primary") }
    if kind.missingOnPrimary > 0 { lines.append("  \(kind.missingOnPrimary) are missing on the primary") }
    if !kind.removalsWaiting.isEmpty {
      lines.append("  removals that wait: \(kind.removalsWaiting.prefix(10).joined(separator: ", "))")
    }
    if let scan = kind.lastScanAt { lines.append("  last scan at \(scan)") }
    let place = status.role == .primary ? "" : " on the primary"
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
