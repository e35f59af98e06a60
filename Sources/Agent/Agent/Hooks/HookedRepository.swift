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
