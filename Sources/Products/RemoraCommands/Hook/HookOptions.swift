internal import Agent
internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import SystemPackage

/// Which repositories a command is about.
struct HookSelection: ParsableArguments {
  @Argument(help: ArgumentHelp("Bare repositories.", valueName: "repository"), completion: .directory)
  var repositories: [String] = []

  @Option(
    help: ArgumentHelp("Every bare repository below this directory.", valueName: "root"), completion: .directory)
  var global: String?

  @Flag(help: "Print one JSON object a repository.")
  var json = false

  /// Called by the commands: `validate()` of a group would say its words twice.
  func validateArguments() throws {
    guard repositories.isEmpty != (global == nil) else {
      throw ValidationError("name repositories, or --global and a directory")
    }
  }

  /// True when it may be about several.
  var mayBeSeveral: Bool { global != nil || repositories.count > 1 }

  /// Does `body` for each, prints its result, and ends with the status that sums it up.
  func forEach(_ body: (HookedRepository) throws(HookError) -> HookReport) throws {
    var (good, bad) = (0, 0)
    func tell(_ report: HookReport) throws {
      if report.isGood { good += 1 } else { bad += 1 }
      try report.tell(json: json)
    }
    if let global {
      let root = try LocalPath.absolute(global)
      let search = HookedRepository.all(below: root)
      for repository in search.repositories { try tell(Self.report(repository.path, body)) }
      for failure in search.failures { try tell(HookReport(failure.path, failure)) }
      if search.repositories.isEmpty, search.failures.isEmpty {
        Output.error("no bare repository lies below '\(root)'")
        throw ExitStatus.failed
      }
    }
    for text in repositories {
      let path = try LocalPath.absolute(text)
      try tell(Self.report(path, body))
    }
    if bad > 0 { throw good > 0 ? ExitStatus.someFailed : ExitStatus.failed }
  }

  private static func report(
    _ path: FilePath, _ body: (HookedRepository) throws(HookError) -> HookReport
  ) -> HookReport {
    do throws(HookError) {
      return try body(try HookedRepository(path))
    } catch {
      return HookReport(path, error)
    }
  }
}

/// Which agent a hook notifies, and of what.
struct HookAgentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The agent's configuration (else REMORA_CONFIG, else /etc/remora/remora.yaml).", valueName: "file"),
    completion: .file())
  var config: String?

  @Option(help: ArgumentHelp("The kind of one repository, by hand.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("The id of one repository, by hand.", valueName: "id"))
  var id: String?

  /// Called by the commands, which have the selection.
  func validateArguments(for selection: HookSelection) throws {
    guard (name == nil) == (id == nil) else { throw ValidationError("--name and --id go together") }
    guard name == nil || !selection.mayBeSeveral else {
      throw ValidationError("--name and --id are for one repository")
    }
  }

  /// Where kind and id of a repository come from.
  func directory() throws -> HookDirectory {
    let given = config ?? ProcessInfo.processInfo.environment["REMORA_CONFIG"] ?? "/etc/remora/remora.yaml"
    let file = try LocalPath.absolute(given)
    if let name, let id {
      return HookDirectory(configuration: file, program: try Self.program(), spool: nil) { _ in (name, id) }
    }
    return try HookDirectory.reading(file, program: Self.program())
  }

  /// This program, which a hook runs.
  private static func program() throws -> String {
    guard let path = realpath("/proc/self/exe", nil) else {
      throw ValidationError("cannot tell where this program lies: is /proc mounted?")
    }
    defer { free(path) }
    return String(cString: path)
  }
}

/// What the agent's configuration says to hooks: which repository is which, and where the spool is.
struct HookDirectory: Sendable {
  /// Kind and id of the repository in a directory; `nil` when it belongs to no kind.
  typealias Lookup = @Sendable (FilePath) -> (name: String, id: String)?

  /// The file that the agent reads.
  let configuration: FilePath
  /// The `remora` that hooks run.
  let program: String
  /// Where hooks leave events; `nil` when unknown.
  let spool: FilePath?
  let lookup: Lookup

  init(configuration: FilePath, program: String, spool: FilePath?, lookup: @escaping Lookup) {
    self.configuration = configuration
    self.program = program
    self.spool = spool
    self.lookup = lookup
  }

  /// Reads the configuration.
  static func reading(_ file: FilePath, program: String) throws -> HookDirectory {
    let agent = try AgentConfiguration.readText(file.string, environment: ProcessInfo.processInfo.environment)
    return HookDirectory(
      configuration: file, program: program, spool: FilePath(agent.state).appending("spool"),
      lookup: agent.replicable(at:))
  }

  /// The hook that a repository should have.
  /// - Throws: `unknownRepository`, `unusableName`.
  func script(for repository: HookedRepository) throws(HookError) -> HookScript {
    guard let (name, id) = lookup(repository.path) else {
      throw HookError.unknown(repository, configuration)
    }
    guard let script = HookScript(program: program, configuration: configuration.string, name: name, id: id) else {
      throw HookError.unusable(repository)
    }
    return script
  }
}
