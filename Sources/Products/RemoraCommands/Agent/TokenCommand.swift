internal import Agent
internal import ArgumentParser
internal import Foundation
internal import SiteTokens
internal import TextBytes

/// `remora token`: the named tokens of readers and admins.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make, list and revoke the tokens of an agent that have names.",
    discussion: """
      They are in tokens.json of the agent's state directory, by their digests.
      The agent takes a change when it is reloaded (SIGHUP).

      Examples:
        remora token new grafana --role reader --expires 90d
        remora token new ci --role admin --kind project_repository
        remora token revoke grafana && systemctl reload remora
      """,
    subcommands: [TokenNewCommand.self, TokenListCommand.self, TokenRevokeCommand.self])

  /// Runs `body` on the agent's tokens. What goes wrong is printed on standard error, and ends the command with the status 1.
  static func change<Answer>(_ config: String?, _ body: (TokenFile) throws -> Answer) throws -> Answer {
    do {
      let state = try AgentConfiguration.stateDirectory(
        AgentPointer.file(config), environment: ProcessInfo.processInfo.environment)
      return try body(TokenFile(state: state))
    } catch let error as ConfigurationError {
      Output.error(error.description)
      throw ExitStatus.failed
    } catch let error as SecretFileError {
      Output.error("error: \(error)")
      throw ExitStatus.failed
    }
  }

  static let reload = "The agent takes it when it is reloaded: SIGHUP, or 'systemctl reload remora'."
}

/// Where the agent's configuration is.
struct TokenPlace: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The agent's configuration (else REMORA_CONFIG, else /etc/remora/remora.yaml).", valueName: "file"),
    completion: .file())
  var config: String?
}

extension Role: ExpressibleByArgument {}

/// `remora token new`.
struct TokenNewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a token and print it, once: only its digest is kept.")

  @Argument(help: "Its name, which the audit log shows.") var name: String
  @Option(help: "reader, to look; admin, to look and to change.") var role = Role.reader
  @Option(help: ArgumentHelp("After which it is refused, such as 12h or 90d; never unless given.", valueName: "time"))
  var expires: String?
  @Option(
    name: .customLong("kind"),
    help: ArgumentHelp("A kind that it is for; may be given again. The whole site unless given.", valueName: "name"))
  var kinds: [String] = []
  @OptionGroup(title: "Agent") var place: TokenPlace

  func run() async throws {
    var life: Duration?
    if let expires {
      guard let parsed = AgentConfiguration.duration(of: expires), parsed > .zero, parsed < .seconds(3_153_600_000)
      else {
        throw ValidationError("'\(expires.prefix(40))' is no time; write one such as 12h or 90d")
      }
      life = parsed
    }
    let now = Date()
    let text = try TokenCommand.change(place.config) { file in
      try file.add(
        name, role: role, kinds: kinds.isEmpty ? nil : kinds,
        expiresAt: life.map { now.addingTimeInterval(Double($0.components.seconds)) }, at: now)
    }
    Output.result(text)
    Output.error(TokenCommand.reload)
  }
}

/// `remora token list`.
struct TokenListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List names, roles and ends of the tokens.")

  @Flag(help: "Print one JSON object a token.") var json = false
  @OptionGroup(title: "Agent") var place: TokenPlace

  private struct Row: Encodable {
    let name: String
    let role: String
    var kinds: [String]?
    let createdAt: String
    var expiresAt: String?
    let isExpired: Bool
  }

  func run() async throws {
    let now = Date()
    for token in try TokenCommand.change(place.config, { try $0.read() }) {
      let isExpired = token.expiresAt.map { $0 <= now } ?? false
      let end = token.expiresAt.map(Self.text)
      if json {
        try Output.row(
          Row(
            name: token.name, role: token.role.rawValue, kinds: token.kinds,
            createdAt: Self.text(token.createdAt), expiresAt: end, isExpired: isExpired))
      } else {
        let kinds = token.kinds.map { ", for \($0.joined(separator: ", "))" } ?? ""
        let life = end.map { isExpired ? ", expired \($0)" : ", until \($0)" } ?? ""
        Output.result("\(token.name): \(token.role.rawValue)\(kinds)\(life)")
      }
    }
  }

  private static func text(_ date: Date) -> String {
    RFC3339.wholeSeconds(RFC3339.milliseconds(since1970: date.timeIntervalSince1970))
  }
}

/// `remora token revoke`.
struct TokenRevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Take a token out.")

  @Argument(help: "Its name.") var name: String
  @OptionGroup(title: "Agent") var place: TokenPlace

  func run() async throws {
    try TokenCommand.change(place.config) { try $0.revoke(name) }
    Output.error(TokenCommand.reload)
  }
}
