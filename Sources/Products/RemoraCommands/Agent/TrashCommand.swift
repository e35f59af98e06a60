internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// `remora trash`: copies that were removed, and can come back.
struct TrashCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trash",
    abstract: "List, restore and empty the trash of a secondary.",
    subcommands: [TrashListCommand.self, TrashRestoreCommand.self, TrashEmptyCommand.self])
}

/// `remora trash list`.
struct TrashListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List what lies there, newest first.")

  @Flag(help: "Print one JSON object a copy.") var json = false
  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    try await agent.ask { client in
      for name in try await kind.all(client) {
        for ticket in try await client.get(AgentRoute.trash(name), as: TrashPage.self).tickets {
          if json {
            try Output.row(ticket)
          } else {
            Output.result("\(ticket.name) \(name) \(ticket.id): \(ticket.reason) at \(ticket.discardedAt)")
          }
        }
      }
    }
  }
}

/// `remora trash restore`.
struct TrashRestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Bring a copy back to its place.",
    discussion: """
      Should the primary not have it any more, it stays until 'registry
      confirm-removals'.

      Example:
        remora trash restore 1795434334971-a683ee35d56d1777
      """)

  @Argument(help: "Its name in the trash, as 'trash list' shows it.")
  var name: String

  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    let answer = try await agent.ask { client in
      for kind in try await kind.all(client) {
        let tickets = try await client.get(AgentRoute.trash(kind), as: TrashPage.self).tickets
        guard tickets.contains(where: { $0.name == name }) else { continue }
        return try await client.post(
          AgentRoute.trash(kind), TrashAction(.restore, name: name), as: ActionAnswer.self)
      }
      throw AgentFault(404, "missing", "restore '\(name)': it is not in the trash", hint: "remora trash list")
    }
    if json { try Output.row(answer) } else { Output.result("restored: \(answer.count)") }
  }
}

/// `remora trash empty`.
struct TrashEmptyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "empty", abstract: "Remove for good what has lain there for longer than some days.")

  @Option(help: "Days; 0 removes all.")
  var olderThanDays: Int

  @Flag(help: "Print a JSON object.") var json = false
  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func validate() throws {
    guard (0...36_500).contains(olderThanDays) else { throw ValidationError("--older-than-days takes 0 to 36500") }
  }

  func run() async throws {
    let count = try await agent.ask { client in
      var count = 0
      for name in try await kind.all(client) {
        let body = TrashAction(.empty, olderThanSeconds: UInt64(olderThanDays) * 86_400)
        let answer = try await client.post(AgentRoute.trash(name), body, as: ActionAnswer.self)
        count = count.clampedSum(answer.count)
      }
      return count
    }
    if json { try Output.row(ActionAnswer(count: count)) } else { Output.result("removed for good: \(count)") }
  }
}
