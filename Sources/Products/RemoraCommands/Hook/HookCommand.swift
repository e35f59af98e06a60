internal import Agent
internal import ArgumentParser
internal import SystemPackage

/// `remora hook`: the hooks that notify the agent of pushes.
struct HookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hook",
    abstract: "Write, take away and look at the hooks that announce pushes.",
    discussion: """
      A hook never fails or delays a push. A post-receive hook that is there is
      kept as post-receive.remora-chained and runs first.

      Examples:
        remora hook install /srv/git/project.git
        remora hook install --global /srv/git
        remora hook status --global /srv/git --json
      """,
    subcommands: [HookInstallCommand.self, HookUninstallCommand.self, HookStatusCommand.self])
}

/// `remora hook install`.
struct HookInstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Write the post-receive hook of repositories.",
    discussion: """
      Writing it again changes nothing. Kind and id come from the configuration, by
      the root that a repository lies below, or from --name and --id.
      """)

  @OptionGroup var selection: HookSelection
  @OptionGroup(title: "Agent") var agent: HookAgentOptions

  func validate() throws {
    try selection.validateArguments()
    try agent.validateArguments(for: selection)
  }

  func run() async throws {
    let directory = try agent.directory()
    let installer = HookInstaller()
    try selection.forEach { repository throws(HookError) in
      let script = try directory.script(for: repository)
      return HookReport(
        repository, try installer.install(script, in: repository), name: script.name, id: script.id)
    }
  }
}

/// `remora hook uninstall`.
struct HookUninstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uninstall", abstract: "Take the hook away again; a hook that was chained gets its place back.")

  @OptionGroup var selection: HookSelection

  func validate() throws { try selection.validateArguments() }

  func run() async throws {
    let installer = HookInstaller()
    try selection.forEach { repository throws(HookError) in
      HookReport(repository, try installer.uninstall(from: repository))
    }
  }
}

/// `remora hook status`.
struct HookStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tell which repositories announce their pushes.",
    discussion: """
      Run it as the user who receives pushes: whether that user can write to the
      agent's spool is part of the answer. Exit 1 when a repository does not
      announce its pushes, 2 when that is so of some of several.
      """)

  @OptionGroup var selection: HookSelection
  @OptionGroup(title: "Agent") var agent: HookAgentOptions

  func validate() throws {
    try selection.validateArguments()
    try agent.validateArguments(for: selection)
  }

  func run() async throws {
    let directory = try agent.directory()
    try selection.forEach { repository throws(HookError) in
      // A repository outside the configuration may have a hook nevertheless.
      let expected = try? directory.script(for: repository)
      let status = try HookStatus(of: repository, expected: expected, spool: directory.spool)
      return HookReport(repository, status, name: expected?.name, id: expected?.id)
    }
  }
}

/// What a command did with one repository, or found there.
struct HookReport: Encodable {
  struct Failure: Encodable {
    let code: String
    let message: String
    let hint: String
  }

  let repository: String
  /// The action: `installed`, `updated`, `unchanged`, `removed`, `not_installed`; the finding: `installed`, `chained`,
  /// `missing`, `foreign`, `not_executable`, `changed_by_hand`; or `failed`.
  let status: String
  @NullWhenMissing var name: String?
  @NullWhenMissing var id: String?
  let problems: [String]
  @NullWhenMissing var error: Failure?

  init(_ repository: HookedRepository, _ change: HookInstaller.Change, name: String? = nil, id: String? = nil) {
    self.repository = repository.path.string
    status = change.rawValue
    self.name = name
    self.id = id
    problems = []
  }

  init(_ repository: HookedRepository, _ found: HookStatus, name: String?, id: String?) {
    self.repository = repository.path.string
    status = found.state.rawValue
    self.name = name
    self.id = id
    problems = found.problems
  }

  init(_ path: FilePath, _ error: HookError) {
    repository = path.string
    status = "failed"
    problems = []
    self.error = Failure(code: error.code.rawValue, message: "\(error)", hint: error.hint)
  }

  var isGood: Bool { error == nil && problems.isEmpty }

  func tell(json: Bool) throws {
    guard !json else {
      try Output.json(self)
      return
    }
    if let error {
      Output.error("error: \(error.message)")
    } else {
      Output.result("\(status) \(repository)")
      for problem in problems { Output.result("  \(problem)") }
    }
  }
}
