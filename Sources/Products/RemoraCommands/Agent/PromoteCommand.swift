internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// `remora promote`: makes a secondary the primary.
struct PromoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote",
    abstract: "Make this secondary the primary.",
    discussion: """
      Looks first: nothing may be unsynced, unverified or never checked, and the
      primary must answer and have no event that is not here. Then it is fenced (its
      agent refuses everything, also after a restart), and this agent goes on as a
      primary. Pushes to the old host are not fenced: stop its Git server.

      Exit status 0: promoted, or would be; 1: something stands against it.

      Examples:
        remora promote --dry-run
        remora promote
        remora promote --force
      """)

  @Flag(help: "Also when something would be lost, or the primary does not answer.") var force = false
  @Flag(name: .customLong("dry-run"), help: "Only say what would be.") var dryRun = false
  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    let order = PromotionOrder(isForced: force, isDryRun: dryRun)
    let row = try await agent.ask { client in
      let row = try await client.post(AgentRoute.promotion, order, as: PromotionRow.self)
      if row.isPromoted { await Self.waitUntilOpen(client) }
      return row
    }
    if json {
      try Output.row(row)
    } else {
      for line in Self.lines(row, dryRun: dryRun, force: force) { Output.result(line) }
    }
    guard row.isPromoted || dryRun && row.problems.isEmpty else { throw ExitStatus.failed }
  }

  /// The agent opens its state again, as the primary. Until it has, or half a minute has passed: that it was promoted
  /// is durable.
  private static func waitUntilOpen(_ client: AgentClient) async {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end, !Task.isCancelled {
      do {
        let status = try await client.get(AgentRoute.status, as: StatusRow.self)
        if status.secondaries != nil { return }
      } catch {
        // Its socket is closed for a moment.
      }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  private static func lines(_ row: PromotionRow, dryRun: Bool, force: Bool) -> [String] {
    var lines = row.problems.map { "against it: \($0)" }
    for kind in row.kinds { lines += kind.examples.map { "  \(kind.replicableName) \($0)" } }
    if row.isPromoted {
      lines.append(
        "'\(row.site)' is the primary now, epoch \(row.epoch); the last event of the former one is \(row.lastEventId)")
      if let former = row.formerUrl {
        lines.append(
          row.isFormerFenced
            ? "the former primary at \(former) refuses everything from now on"
            : "the former primary at \(former) is fenced as soon as it answers: stop pushes there")
      }
    } else if dryRun, row.problems.isEmpty {
      lines.append("'\(row.site)' can be promoted: nothing would be lost")
    } else {
      lines.append("'\(row.site)' was not promoted\(dryRun || force ? "" : "; --force promotes it anyway")")
    }
    return lines
  }
}
