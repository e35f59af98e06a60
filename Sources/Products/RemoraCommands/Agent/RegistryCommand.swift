internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// `remora registry`: an agent's entries of replicables.
struct RegistryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registry",
    abstract: "Look at what an agent knows of each replicable, and ask for work.",
    discussion: """
      Examples:
        remora registry list --state failed
        remora registry show group/project
        remora registry resync --failed
      """,
    subcommands: [
      RegistryListCommand.self, RegistryShowCommand.self, RegistryResyncCommand.self, RegistryReverifyCommand.self,
      RegistryRecheckCommand.self, RegistryConfirmRemovalsCommand.self,
    ])
}

/// `remora registry list`.
struct RegistryListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the entries of all kinds, or of one, in order of their ids.")

  @Option(help: "Only those whose sync is pending, started, synced or failed.")
  var state: String?

  @Option(help: "Only those whose verification is pending, started, succeeded, failed or disabled.")
  var verificationState: String?

  @Option(help: "So many of each kind; all without.")
  var limit: Int?

  @Flag(help: "Print one JSON object an entry.")
  var json = false

  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    try await agent.ask { client in
      for name in try await kind.all(client) { try await list(name, client) }
    }
  }

  private func list(_ name: String, _ client: AgentClient) async throws {
    var (after, left): (String?, Int) = (nil, limit ?? .max)
    repeat {
      let path = AgentRoute.path(
        AgentRoute.registry(name),
        [
          ("after", after), ("limit", "\(min(left, 1_000))"), ("state", state),
          ("verification_state", verificationState),
        ])
      let page = try await client.get(path, as: RegistryPage.self)
      for entry in page.entries ?? [] {
        if json { try Output.row(entry) } else { Output.result(Self.line(entry)) }
      }
      for row in page.states ?? [] {
        if json { try Output.row(row) } else { Output.result(Self.line(row)) }
      }
      left -= (page.entries?.count ?? 0) + (page.states?.count ?? 0)
      after = left > 0 ? page.next : nil
    } while after != nil
  }

  private static func line(_ entry: RegistryRow) -> String {
    let damage = entry.checkFailure.map { "found damaged: \($0)" }
    let failure = entry.lastSyncFailure ?? entry.verificationFailure ?? damage
    if let reason = entry.notOffered {
      let copy = entry.lastSuccessAt.map { ", the copy is of \($0)" } ?? ""
      return "\(entry.replicableName) \(entry.modelRecordId): not replicated, \(reason) on the primary\(copy)"
    }
    return "\(entry.replicableName) \(entry.modelRecordId): \(entry.state), verification \(entry.verificationState)"
      + (failure.map { ": \($0)" } ?? "")
  }

  private static func line(_ row: PrimaryStateRow) -> String {
    if let reason = row.notOffered {
      return "\(row.replicableName) \(row.modelRecordId): not offered: \(row.notOfferedReason ?? reason.text)"
    }
    return "\(row.replicableName) \(row.modelRecordId): \(row.verificationState) \(row.verificationChecksum ?? "")"
      + (row.verificationFailure.map { ": \($0)" } ?? "")
  }
}

/// `remora registry show`.
struct RegistryShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show all that is known of one replicable, with the lines that differ.")

  @Argument(help: "The id.")
  var id: String

  @Flag(help: "Print a JSON object: entry or state, and differences.")
  var json = false

  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  private struct Report: Encodable {
    let entry: RegistryRow?
    let state: PrimaryStateRow?
    let differences: [DifferenceRow]
  }

  func run() async throws {
    let row = try await agent.ask { client in
      let name = try await kind.of(id, client)
      return try await client.get(
        AgentRoute.path(AgentRoute.explanation(name), [("id", id)]), as: ExplanationRow.self)
    }
    if json {
      return try Output.row(Report(entry: row.entry, state: row.state, differences: row.differences))
    }
    let columns = try row.entry.map(Self.columns) ?? row.state.map(Self.columns) ?? []
    for (name, value) in columns { Output.result("\(name): \(value)") }
    for difference in row.differences { Output.result(DifferenceText.line(difference)) }
  }

  private static func columns(_ row: some Encodable) throws -> [(String, String)] {
    try AgentJSON.columns(of: row)
  }
}

/// A difference as a line.
enum DifferenceText {
  static func line(_ row: DifferenceRow) -> String {
    "differs: \(row.name): the primary has \(row.expected ?? "nothing"), the copy had \(row.found ?? "nothing")"
  }
}

/// Which entries a command asks work for.
struct EntrySelection: ParsableArguments {
  @Argument(help: "Ids.")
  var ids: [String] = []

  @Flag(help: "All that failed.")
  var failed = false

  @Flag(help: "All.")
  var all = false

  func validate() throws {
    guard [!ids.isEmpty, failed, all].count(where: { $0 }) == 1 else {
      throw ValidationError("give ids, or --failed, or --all")
    }
  }

  /// Asks for the work, and prints for how many.
  func ask(_ order: RegistryOrder, _ kind: KindOption, _ agent: AgentPointer, json: Bool) async throws {
    let count = try await agent.ask { client in
      var count = 0
      if ids.isEmpty {
        for name in try await kind.all(client) {
          let body = RegistryAction(order, state: failed ? .failed : nil)
          let answer = try await client.post(AgentRoute.registryAction(name), body, as: ActionAnswer.self)
          count = count.clampedSum(answer.count)
        }
      }
      for id in ids {
        let name = try await kind.of(id, client)
        let body = RegistryAction(order, ids: [id])
        let answer = try await client.post(AgentRoute.registryAction(name), body, as: ActionAnswer.self)
        count = count.clampedSum(answer.count)
      }
      return count
    }
    if json {
      try Output.row(ActionAnswer(count: count))
    } else {
      Output.result("\(order.rawValue) asked for: \(count)")
    }
  }
}

/// `remora registry resync`.
struct RegistryResyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resync", abstract: "Sync copies now, whatever their back-off says.")

  @OptionGroup var selection: EntrySelection
  @Flag(help: "Fetch everything anew, beside the copy that is there.") var redownload = false
  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    try await selection.ask(redownload ? .redownload : .resync, kind, agent, json: json)
  }
}

/// `remora registry reverify`.
struct RegistryReverifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reverify", abstract: "Verify copies now; on a primary, read checksums now.")

  @OptionGroup var selection: EntrySelection
  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws { try await selection.ask(.reverify, kind, agent, json: json) }
}

/// `remora registry recheck`.
struct RegistryRecheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recheck", abstract: "Check the objects of copies now; with --failed of those found damaged.")

  @OptionGroup var selection: EntrySelection
  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws { try await selection.ask(.recheck, kind, agent, json: json) }
}

/// `remora registry confirm-removals`.
struct RegistryConfirmRemovalsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm-removals",
    abstract: "Let the removals go on that wait, because too much would go within a day.")

  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    let answer = try await agent.ask { client in
      try await client.post(
        AgentRoute.removals(try await kind.only(client)), [String: String](), as: ActionAnswer.self)
    }
    if json { try Output.row(answer) } else { Output.result("removals confirmed: \(answer.count)") }
  }
}
