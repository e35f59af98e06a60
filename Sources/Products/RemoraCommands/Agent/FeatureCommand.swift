internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// `remora feature`: the feature flags of a site.
struct FeatureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feature",
    abstract: "List, enable and disable the replication of kinds.",
    discussion: """
      Example:
        remora feature disable geo_project_repository_replication
      """,
    subcommands: [FeatureListCommand.self, FeatureEnableCommand.self, FeatureDisableCommand.self])

  /// Prints flags.
  static func show(_ page: FeaturePage, json: Bool) throws {
    for feature in page.features {
      if json { try Output.row(feature) } else { Output.result("\(feature.name): \(feature.isEnabled ? "on" : "off")") }
    }
  }

  /// Sets a flag, and prints all.
  static func set(_ name: String, to isEnabled: Bool, _ agent: AgentPointer, json: Bool) async throws {
    let page = try await agent.ask { client in
      try await client.post(
        AgentRoute.features, FeatureRow(name: name, isEnabled: isEnabled), as: FeaturePage.self)
    }
    try show(page, json: json)
  }
}

/// `remora feature list`.
struct FeatureListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the flags.")

  @Flag(help: "Print one JSON object a flag.") var json = false
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    try FeatureCommand.show(
      try await agent.ask { try await $0.get(AgentRoute.features, as: FeaturePage.self) }, json: json)
  }
}

/// `remora feature enable`.
struct FeatureEnableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Switch a kind on; a full consistency pass follows.")

  @Argument(help: "The flag.") var name: String
  @Flag(help: "Print one JSON object a flag.") var json = false
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws { try await FeatureCommand.set(name, to: true, agent, json: json) }
}

/// `remora feature disable`.
struct FeatureDisableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Switch a kind off: nothing of it is published or consumed.")

  @Argument(help: "The flag.") var name: String
  @Flag(help: "Print one JSON object a flag.") var json = false
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws { try await FeatureCommand.set(name, to: false, agent, json: json) }
}
