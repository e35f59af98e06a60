internal import DurableFiles
package import SystemPackage

/// Why a hook was not written, taken away or looked at.
package struct HookError: Error, Sendable {
  /// What hinders it; the text is the one that programs get.
  package enum Code: String, Sendable {
    /// The directory is no bare repository.
    case notARepository = "not_a_repository"
    /// The configuration has no kind that the repository belongs to.
    case unknownRepository = "unknown_repository"
    /// Our hook was changed by hand: taking it away or writing it anew would lose that.
    case changedByHand = "changed_by_hand"
    /// The name under which a hook that was there is kept is taken by another file.
    case chainedNameTaken = "chained_name_taken"
    /// The directory of hooks is a link: others would get our hook too.
    case sharedDirectory = "shared_directory"
    /// A path or an id that no script can hold.
    case unusableName = "unusable_name"
    /// The file system said no.
    case fileSystem = "file_system"
  }

  package let code: Code
  /// The repository, or what below it.
  package let path: FilePath
  /// The cause, on one line.
  package let cause: String
  /// What to do; empty where the cause says it all.
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

  /// Runs `body` and says the file system's errors in the words of this room.
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
  /// The configuration does not say what the repository is.
  package static func unknown(_ repository: HookedRepository, _ configuration: FilePath) -> HookError {
    HookError(
      .unknownRepository, repository.path, "no kind in '\(configuration)' has a root that it lies below",
      hint: "add one, or give --name and --id")
  }

  /// A path or an id has a line end.
  package static func unusable(_ repository: HookedRepository) -> HookError {
    HookError(.unusableName, repository.path, "its path, its id or that of the configuration has a line end")
  }
}
