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
