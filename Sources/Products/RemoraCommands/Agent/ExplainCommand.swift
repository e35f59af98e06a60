internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// `remora explain`: why one replicable is as it is.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell why one replicable is as it is, what happens next, and when.",
    discussion: """
      Example:
        remora explain group/project
      """)

  @Argument(help: "The id.")
  var id: String

  @Flag(help: "Print the agent's JSON object.")
  var json = false

  @OptionGroup var kind: KindOption
  @OptionGroup(title: "Agent") var agent: AgentPointer

  func run() async throws {
    let row = try await agent.ask { client in
      let name = try await kind.of(id, client)
      return try await client.get(
        AgentRoute.path(AgentRoute.explanation(name), [("id", id)]), as: ExplanationRow.self)
    }
    if json { return try Output.row(row) }
    Output.result("\(row.replicableName) '\(row.id)': \(row.summary)")
    for fact in row.facts { Output.result(fact) }
    for difference in row.differences { Output.result(DifferenceText.line(difference)) }
    Output.result("Next: \(row.next)")
  }
}
