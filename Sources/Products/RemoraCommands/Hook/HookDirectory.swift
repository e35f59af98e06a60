internal import Agent
internal import Foundation
internal import SystemPackage

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
