package import DurableFiles
internal import Glibc
internal import SystemPackage

/// Installs hooks in repositories and removes them.
///
/// At every moment, also after a crash, a push runs the existing hook, or Remora's, which runs the existing one: the
/// old hook first gets a second name, then Remora's replaces it atomically. Both are durable when `install` returns.
package struct HookInstaller: Sendable {
  private let files: any FileSystemPort

  package init(files: any FileSystemPort = RealFileSystem()) { self.files = files }

  /// The change that was made.
  package enum Change: String, Sendable {
    case installed
    /// Remora's hook was there with other values, or was not executable.
    case updated
    case unchanged
    case removed
    /// There was no hook of Remora's to remove.
    case notInstalled = "not_installed"
  }

  /// The mode of a hook, as in git's own templates.
  private static let permissions = FilePermissions(rawValue: 0o755)
  /// A hook is a script, or a small program; Remora's has two kilobytes.
  private static let maximumBytes = 64 << 20

  /// Installs the hook; an existing one of another origin is kept and chained.
  ///
  /// - Throws: `changedByHand`, `chainedNameTaken`, `sharedDirectory`, `fileSystem`.
  package func install(_ script: HookScript, in repository: HookedRepository) throws(HookError) -> Change {
    try HookError.translating {
      try makeDirectory(repository)
      let old = try files.status(of: repository.hook)
      let content = old?.kind == .regular ? try files.contents(of: repository.hook, limit: Self.maximumBytes) : nil
      let isOurs = content.map(HookScript.isOurs) ?? false
      if isOurs, let content {
        guard let present = HookScript(parsing: content) else { throw changedByHand(repository) }
        if present == script, old?.permissions == Self.permissions { return .unchanged }
      } else if let old {
        try keep(repository, old)
      }
      try files.replaceFile(repository.hook, with: Array(script.text.utf8), permissions: Self.permissions)
      // Git's user must be able to run it, independent of the umask.
      guard chmod(repository.hook.string, Self.permissions.rawValue) == 0 else {
        throw FileError(Errno(rawValue: errno), "make executable", repository.hook)
      }
      return isOurs ? .updated : .installed
    }
  }

  /// Removes the hook; a chained one gets its name back.
  ///
  /// - Throws: `changedByHand`, `fileSystem`.
  package func uninstall(from repository: HookedRepository) throws(HookError) -> Change {
    try HookError.translating {
      guard try files.status(of: repository.hook)?.kind == .regular,
        let content = try files.contents(of: repository.hook, limit: Self.maximumBytes), HookScript.isOurs(content)
      else { return .notInstalled }
      guard HookScript(parsing: content) != nil else { throw changedByHand(repository) }
      if try files.status(of: repository.chained) != nil {
        try files.rename(repository.chained, to: repository.hook)
      } else {
        try files.unlink(repository.hook)
      }
      try files.synchronizeDirectory(repository.directory)
      return .removed
    }
  }

  private func makeDirectory(_ repository: HookedRepository) throws {
    switch try files.status(of: repository.directory)?.kind {
    case .directory: return
    case .symbolicLink:
      throw HookError(
        .sharedDirectory, repository.path, "its directory 'hooks' is a link, so other repositories may have the same",
        hint: "give the repository a directory of its own, or call 'remora event push' from the shared hook")
    case nil, .regular, .other:
      // With an empty template the directory is missing.
      let made = try files.makeDirectories(repository.directory)
      try files.synchronizeParents(of: made)
    }
  }

  /// Gives the existing hook a second name, also if it is a symbolic link: link(2) does not follow it.
  private func keep(_ repository: HookedRepository, _ old: FileStatus) throws {
    if let taken = try files.status(of: repository.chained) {
      // A run before this one was interrupted between its two steps.
      guard !taken.isSameFile(as: old) else { return }
      throw HookError(
        .chainedNameTaken, repository.path, "there is a hook, and '\(repository.chained)' is there too",
        hint: "make one hook of the two")
    }
    try files.link(repository.hook, to: repository.chained)
    try files.synchronizeDirectory(repository.directory)
  }

  private func changedByHand(_ repository: HookedRepository) -> HookError {
    HookError(
      .changedByHand, repository.path, "'\(repository.hook)' was written by Remora and changed by hand",
      hint: "move what was added to '\(repository.chained)', which it runs, and delete the file")
  }
}
