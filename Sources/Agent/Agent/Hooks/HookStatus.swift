package import DurableFiles
internal import Glibc
package import SystemPackage

/// The status of one repository's hook.
package struct HookStatus: Hashable, Sendable {
  /// The state; the raw value is the word in JSON output.
  package enum State: String, Sendable {
    /// Remora's hook is there, runs no other one, and is executable.
    case installed
    /// Remora's hook is there and runs another one first.
    case chained
    /// No hook.
    case missing
    /// A hook that is not Remora's.
    case foreign
    case notExecutable = "not_executable"
    case changedByHand = "changed_by_hand"
  }

  package let state: State
  /// Problems that keep the hook from notifying the agent, or make its notices wrong; a line each, with the remedy.
  package let problems: [String]

  /// True when the hook notifies the agent of a push.
  package var isGood: Bool { problems.isEmpty && (state == .installed || state == .chained) }

  /// Examines a repository.
  ///
  /// - Parameters:
  ///   - expected: the hook that `install` would write now; `nil` when unknown.
  ///   - spool: the agent's spool directory; `nil` when unknown.
  /// - Throws: `fileSystem`.
  package init(
    of repository: HookedRepository, expected: HookScript?, spool: FilePath?,
    files: any FileSystemPort = RealFileSystem()
  ) throws(HookError) {
    do throws(FileError) {
      var problems: [String] = []
      state = try Self.state(of: repository, files)
      if let script = try Self.script(repository.hook, files) {
        problems += Self.problems(of: script, expected: expected)
      }
      switch state {
      case .installed, .chained: break
      case .missing: problems.append("there is no hook: run 'remora hook install'")
      case .foreign: problems.append("the hook is not Remora's: run 'remora hook install', which keeps it")
      case .notExecutable: problems.append("git cannot run the hook: run 'remora hook install'")
      case .changedByHand: problems.append("the hook was changed by hand: compare it with a fresh one")
      }
      if try Self.setsHooksPath(repository, files) {
        problems.append("core.hooksPath is set in the repository's config: git runs other hooks")
      }
      if let spool { problems += Self.problems(ofSpool: spool) }
      self.problems = problems
    } catch {
      throw HookError(error)
    }
  }

  private static func script(_ path: FilePath, _ files: any FileSystemPort) throws(FileError) -> HookScript? {
    guard try files.status(of: path)?.kind == .regular else { return nil }
    return try files.contents(of: path, limit: 1 << 20).flatMap(HookScript.init(parsing:))
  }

  private static func state(of repository: HookedRepository, _ files: any FileSystemPort) throws(FileError) -> State {
    guard let status = try files.status(of: repository.hook) else { return .missing }
    guard status.kind == .regular, status.size <= 1 << 20,
      let content = try files.contents(of: repository.hook, limit: 1 << 20), HookScript.isOurs(content)
    else { return .foreign }
    guard HookScript(parsing: content) != nil else { return .changedByHand }
    // For its owner, its group and all others: git may run as any of them.
    guard status.permissions.isSuperset(of: [.ownerExecute, .ownerRead]),
      access(repository.hook.string, X_OK) == 0
    else { return .notExecutable }
    return try files.status(of: repository.chained) == nil ? .installed : .chained
  }

  private static func problems(of script: HookScript, expected: HookScript?) -> [String] {
    var problems: [String] = []
    if access(script.program, X_OK) != 0 {
      problems.append("the hook runs '\(script.program)', which cannot be run here: run 'remora hook install'")
    }
    if access(script.configuration, R_OK) != 0 {
      problems.append("the hook reads '\(script.configuration)', which cannot be read by this user")
    }
    if let expected, expected.name != script.name || expected.id != script.id {
      problems.append(
        "the hook announces '\(script.name) \(script.id)', and the repository is '\(expected.name) \(expected.id)': "
          + "run 'remora hook install'")
    }
    return problems
  }

  private static func problems(ofSpool spool: FilePath) -> [String] {
    var status = stat()
    guard stat(spool.string, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return ["there is no spool directory '\(spool)': start the agent once"]
    }
    guard access(spool.string, W_OK | X_OK) == 0 else {
      return ["this user cannot write to the spool directory '\(spool)': set hook_group, and put the user into it"]
    }
    return []
  }

  /// A text search, not a parse: a section and a key in git's own spelling, on separate lines.
  private static func setsHooksPath(
    _ repository: HookedRepository, _ files: any FileSystemPort
  ) throws(FileError) -> Bool {
    guard let bytes = try files.contents(of: repository.path.appending("config"), limit: 1 << 20) else { return false }
    return bytes.split(separator: UInt8(ascii: "\n")).contains { line in
      let word = String(decoding: line, as: UTF8.self).drop { $0 == " " || $0 == "\t" }.prefix { $0.isLetter }
      return word.lowercased() == "hookspath"
    }
  }
}
