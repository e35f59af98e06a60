internal import Agent
internal import ArgumentParser
internal import Foundation

/// `remora config`: what has to do with an agent's configuration file.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Check an agent's configuration, or begin one.",
    subcommands: [ConfigCheckCommand.self, ConfigExampleCommand.self])
}

/// `remora config check`: everything that is wrong with a configuration.
struct ConfigCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Tell everything that is wrong with a configuration, a line each.",
    discussion: """
      The files and directories that it names are looked at too, and what the
      environment says in place of the file (trash.keep is REMORA_TRASH_KEEP):
      run it as the user who runs the agent. Exit 0: good. Exit 1: not good.

      Example:
        remora config check /etc/remora/remora.yaml
      """)

  @Argument(help: "The configuration.", completion: .file())
  var file: String

  @Flag(help: "Print a JSON object.")
  var json = false

  private struct Report: Encodable {
    struct Issue: Encodable {
      let line: Int?
      let column: Int?
      let key: String
      let message: String

      private enum CodingKeys: String, CodingKey {
        case line, column, key, message
      }

      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(line, forKey: .line)
        try container.encode(column, forKey: .column)
        try container.encode(key, forKey: .key)
        try container.encode(message, forKey: .message)
      }
    }

    let file: String
    let valid: Bool
    @NullWhenMissing var role: String?
    @NullWhenMissing var site: String?
    let issues: [Issue]
  }

  func run() async throws {
    do {
      let configuration = try AgentConfiguration.read(file, environment: ProcessInfo.processInfo.environment)
      let (role, site) = (configuration.role.rawValue, "\(configuration.name)")
      if json {
        try Output.json(Report(file: file, valid: true, role: role, site: site, issues: []))
      } else {
        Output.result("\(file): good: \(role) '\(site)'")
      }
    } catch let error as ConfigurationError {
      if json {
        let issues = error.issues.map { issue in
          let isPlaced = issue.line > 0
          return Report.Issue(
            line: isPlaced ? issue.line : nil, column: isPlaced ? issue.column : nil, key: issue.key,
            message: issue.message)
        }
        try Output.json(Report(file: file, valid: false, role: nil, site: nil, issues: issues))
      } else {
        Output.result(error.description)
      }
      throw ExitStatus.failed
    }
  }
}

/// `remora config example`: a configuration to begin with.
struct ConfigExampleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "example",
    abstract: "Print a commented configuration to begin with, or what others need.",
    discussion: """
      Examples:
        remora config example primary > /etc/remora/remora.yaml
        remora config example systemd > /etc/systemd/system/remora.service
        remora config example sysusers > /etc/sysusers.d/remora.conf
        remora config example tmpfiles > /etc/tmpfiles.d/remora.conf
        remora config example alerts > /etc/prometheus/remora.rules.yml
        remora config example grafana > remora-dashboard.json
      """)

  /// What there are examples of.
  private enum Example: String, ExpressibleByArgument, CaseIterable {
    case primary, secondary, systemd, sysusers, tmpfiles, alerts, grafana
  }

  @Argument(help: "A role's configuration, a file of the system, or one for Prometheus or Grafana.")
  private var what: Example

  func run() async throws {
    switch what {
    case .primary: Output.text(AgentConfiguration.example(.primary))
    case .secondary: Output.text(AgentConfiguration.example(.secondary))
    case .systemd: Output.text(InstallTexts.systemd)
    case .sysusers: Output.text(InstallTexts.sysusers)
    case .tmpfiles: Output.text(InstallTexts.tmpfiles)
    case .alerts: Output.text(AlertRules.text)
    case .grafana: Output.text(try GrafanaDashboard.text())
    }
  }
}
