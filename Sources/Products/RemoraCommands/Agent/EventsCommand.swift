internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// `remora events`: the event log of a primary.
struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "List the event log of a primary, oldest first.",
    discussion: """
      Examples:
        remora events --json
        remora events --follow
      """)

  @Option(help: "Only what follows this cursor, LOG:ID:CHAIN.")
  var after: String?

  @Option(help: "So many; all without.")
  var limit: Int?

  @Flag(help: "Wait for more, until Ctrl-C.")
  var follow = false

  @Flag(help: "Print one JSON object an event.")
  var json = false

  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    guard follow else { return try await list() }
    let command = self
    _ = await Interruption.watch {
      // Printed already; Ctrl-C ends it in any case.
      try? await command.list()
    }
    throw ExitStatus.interrupted
  }

  private func list() async throws {
    try await agent.ask { client in
      var (cursor, left) = (after, limit ?? .max)
      while left > 0, !Task.isCancelled {
        let wait = follow ? 25 : 0
        let path = AgentRoute.path(
          AgentRoute.events, [("after", cursor), ("limit", "\(min(left, 1_000))"), ("wait", "\(wait)")])
        let page = try await client.get(path, as: EventPage.self, wait: .seconds(wait))
        for event in page.events {
          if json { try Output.row(event) } else { Output.result(Self.line(event)) }
        }
        left -= page.events.count
        cursor = page.cursor
        if page.events.isEmpty, !follow { return }
      }
    }
  }

  private static func line(_ event: EventRow) -> String {
    "\(event.id) \(event.createdAt) \(event.eventName) \(event.replicableName) \(event.payload.modelRecordId)"
      + (event.payload.reason.map { " (\($0))" } ?? "")
  }
}
