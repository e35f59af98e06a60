internal import DurableFiles
package import SystemPackage

/// A bare repository by its directory, with the paths of its hooks.
package struct HookedRepository: Hashable, Sendable {
  /// The repository's directory, absolute.
  package let path: FilePath

  /// - Throws: `notARepository`, `fileSystem`.
  package init(_ path: FilePath) throws(HookError) {
    self.path = path
    guard try HookError.translating({ try Self.isBare(path, RealFileSystem()) }) else {
      throw HookError(
        .notARepository, path, "it is not a bare git repository", hint: "name the directory that holds HEAD")
    }
  }

  private init(found path: FilePath) { self.path = path }

  var directory: FilePath { path.appending("hooks") }
  var hook: FilePath { directory.appending("post-receive") }
  /// The path under which the previous hook is kept.
  var chained: FilePath { directory.appending("post-receive.remora-chained") }

  /// The result of a walk over a directory.
  package struct Search: Sendable {
    /// In the order of their paths.
    package fileprivate(set) var repositories: [HookedRepository] = []
    /// Directories that could not be read: repositories below them are missing here.
    package fileprivate(set) var failures: [HookError] = []
  }

  /// Finds every bare repository below a directory. Symbolic links are not followed, and repositories and Remora's own
  /// directories are not searched.
  package static func all(below root: FilePath) -> Search {
    var search = Search()
    walk(root, depth: 0, RealFileSystem(), &search)
    return search
  }

  /// No host nests deeper; the bound only ends loops of mounted directories.
  private static let maximumDepth = 64

  private static func walk(_ directory: FilePath, depth: Int, _ files: RealFileSystem, _ search: inout Search) {
    do throws(FileError) {
      if try isBare(directory, files) {
        search.repositories.append(HookedRepository(found: directory))
        return
      }
      guard depth < maximumDepth else { return }
      for entry in try files.entries(of: directory)
      where entry.kind == .directory && !entry.name.string.hasPrefix(".remora") {
        walk(directory.appending(entry.name), depth: depth + 1, files, &search)
      }
    } catch {
      search.failures.append(HookError(error))
    }
  }

  private static func isBare(_ path: FilePath, _ files: RealFileSystem) throws(FileError) -> Bool {
    guard try files.status(of: path.appending("HEAD"))?.kind ?? .other != .directory,
      try files.status(of: path.appending("HEAD")) != nil
    else { return false }
    for name in ["objects", "refs"] {
      guard try files.status(of: path.appending(name))?.kind == .directory else { return false }
    }
    return true
  }
}

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
