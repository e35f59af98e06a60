package import ArgumentParser

/// The program `remora`.
package struct RemoraCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "remora",
    abstract: "Keeps exact, verified copies of bare git repositories.",
    discussion: """
      Exit status: 0 all good, 1 failed (or different), 2 some of several failed,
      3 a repository with broken refs, 64 wrong usage, 75 busy (another run or
      another program holds the copy), 130 ended by Ctrl-C, SIGTERM or
      SIGHUP.

      Examples:
        remora mirror https://git.example.org/project.git /srv/copies/project.git
        remora mirror --list repositories.txt --into /srv/copies --jobs 8
        remora verify https://git.example.org/project.git /srv/copies/project.git
        remora history /srv/copies/project.git refs/heads/main
        remora checksum /srv/copies/project.git
      """,
    version: "0.1.0",
    subcommands: [
      QuickstartCommand.self, MirrorCommand.self, VerifyCommand.self, ChecksumCommand.self, HistoryCommand.self,
      RestoreCommand.self, CheckCommand.self, HousekeepCommand.self, ForgetCommand.self,
      AgentCommand.self, StatusCommand.self, RegistryCommand.self, ExplainCommand.self, EventsCommand.self,
      EventCommand.self, TrashCommand.self, FeatureCommand.self, PromoteCommand.self, EpochCommand.self,
      HookCommand.self, TokenCommand.self, ConfigCommand.self,
    ])

  package init() {}
}
