internal import DurableFiles
package import SystemPackage

/// A failure to write, remove or examine a hook.
package struct HookError: Error, Sendable {
  /// The cause; the raw value is the code in JSON output.
  package enum Code: String, Sendable {
    /// The directory is no bare repository.
    case notARepository = "not_a_repository"
    /// The configuration has no kind that the repository belongs to.
    case unknownRepository = "unknown_repository"
    /// Remora's hook was edited: removing or rewriting it would lose the changes.
    case changedByHand = "changed_by_hand"
    /// Another file has the name under which an existing hook is kept.
    case chainedNameTaken = "chained_name_taken"
    /// The directory of hooks is a symbolic link: other repositories would get Remora's hook, too.
    case sharedDirectory = "shared_directory"
    /// A path or an id that a script cannot contain.
    case unusableName = "unusable_name"
    /// A file system call failed.
    case fileSystem = "file_system"
  }

  package let code: Code
  /// The repository, or a path below it.
  package let path: FilePath
  /// The cause, on one line.
  package let cause: String
  /// The remedy; empty where the cause suffices.
  package let hint: String

  init(_ code: Code, _ path: FilePath, _ cause: String, hint: String = "") {
    self.code = code
    self.path = path
    self.cause = cause
    self.hint = hint
  }

  init(_ error: FileError) {
    self.init(.fileSystem, error.path, "\(error)")
  }

  /// Runs `body` and translates errors of the file system.
  static func translating<Result>(_ body: () throws -> Result) throws(HookError) -> Result {
    do {
      return try body()
    } catch let error as HookError {
      throw error
    } catch let error as FileError {
      throw HookError(error)
    } catch {
      preconditionFailure("only HookError and FileError are thrown here")
    }
  }
}

extension HookError: CustomStringConvertible {
  package var description: String {
    let facts = code == .fileSystem ? cause : "hook of '\(path)': \(cause)"
    return hint.isEmpty ? facts : "\(facts); \(hint)"
  }
}

extension HookError {
  /// Returns the error for a repository that the configuration does not contain.
  package static func unknown(_ repository: HookedRepository, _ configuration: FilePath) -> HookError {
    HookError(
      .unknownRepository, repository.path, "no kind in '\(configuration)' has a root that it lies below",
      hint: "add one, or give --name and --id")
  }

  /// Returns the error for a path or an id with a line end.
  package static func unusable(_ repository: HookedRepository) -> HookError {
    HookError(.unusableName, repository.path, "its path, its id or that of the configuration has a line end")
  }
}
