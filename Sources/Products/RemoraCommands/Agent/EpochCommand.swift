internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// `remora epoch`: the promotions that a site has recorded.
struct EpochCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "epoch",
    abstract: "Show or correct the epoch of a site.",
    discussion: """
      Each promotion has a higher epoch than the one before, and only the primary
      of the highest epoch is one. Sites take each other's epochs by themselves;
      'set' is for a wrong one, as after a state directory was restored from a
      backup. It fences no site and promotes none.

      Examples:
        remora epoch show
        remora epoch set 3
      """,
    subcommands: [EpochShowCommand.self, EpochSetCommand.self], defaultSubcommand: EpochShowCommand.self)

  /// Prints an epoch.
  static func show(_ row: EpochRow, json: Bool) throws {
    if json { return try Output.row(row) }
    Output.result("\(row.role) '\(row.site)': epoch \(row.epoch)")
    if let by = row.fencedBy { Output.result("replaced by '\(by)' at \(row.fencedAt ?? "an unknown time")") }
    if let former = row.formerUrl {
      let fence = row.isFormerFenced == true ? "fenced" : "not fenced yet"
      Output.result("promoted at \(row.promotedAt ?? "an unknown time") in place of \(former), which is \(fence)")
    }
    if let failure = row.formerFailure { Output.result("last attempt to fence it: \(failure)") }
    for claim in row.claims { Output.result("'\(claim.site)' named epoch \(claim.epoch) in its last request") }
  }
}

/// `remora epoch show`.
struct EpochShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show the epoch.")

  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    try EpochCommand.show(try await agent.ask { try await $0.get(AgentRoute.epoch, as: EpochRow.self) }, json: json)
  }
}

/// `remora epoch set`.
struct EpochSetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Set the epoch, also to a lower one: at each site that has a wrong one.")

  @Argument(help: "The epoch.") var epoch: UInt64
  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    let order = EpochOrder(epoch: epoch)
    try EpochCommand.show(
      try await agent.ask { try await $0.post(AgentRoute.epoch, order, as: EpochRow.self) }, json: json)
  }
}
