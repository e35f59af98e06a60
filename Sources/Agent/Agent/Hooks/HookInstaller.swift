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

/// The `post-receive` hook that notifies the agent of each push: a script of POSIX sh with four values at its top.
///
/// It never fails and never delays a push for long: the notification is ended after three seconds, and a failure is one
/// line to the pusher and one to syslog. An existing hook runs first, with the same input, and its exit status is
/// returned.
package struct HookScript: Hashable, Sendable {
  /// The `remora` to run, an absolute path.
  package let program: String
  /// The agent's configuration, an absolute path.
  package let configuration: String
  /// The kind of the repository.
  package let name: String
  /// The id within the kind.
  package let id: String

  /// - Returns: `nil` when a value has a line end or a NUL, which a script cannot contain.
  package init?(program: String, configuration: String, name: String, id: String) {
    let values = [program, configuration, name, id]
    guard values.allSatisfy({ !$0.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) }) else { return nil }
    self.program = program
    self.configuration = configuration
    self.name = name
    self.id = id
  }

  /// Parses a script; `nil` when it is not Remora's, or was changed.
  package init?(parsing bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    func value(_ key: String) -> String? {
      lines.first { $0.hasPrefix("\(key)='") && $0.hasSuffix("'") && $0.count >= key.count + 3 }.map { line in
        String(line.dropFirst(key.count + 2).dropLast()).replacing("'\\''", with: "'")
      }
    }
    guard let program = value("program"), let configuration = value("config"), let name = value("name"),
      let id = value("id"),
      let script = HookScript(program: program, configuration: configuration, name: name, id: id),
      script.text.utf8.elementsEqual(bytes)
    else { return nil }
    self = script
  }

  /// Whether a script is Remora's, even if it was changed.
  package static func isOurs(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(4096).split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: mark.utf8) }
  }

  private static let mark = "# remora-hook "

  /// The script.
  package var text: String {
    """
    #!/bin/sh
    \(Self.mark)1: written by 'remora hook install', taken away by 'remora hook uninstall'.
    # Notifies the agent of a push, and neither fails nor delays it. What else has to run on a push belongs into
    # post-receive.remora-chained beside this file: it runs first, with the same input.
    program=\(Self.quoted(program))
    config=\(Self.quoted(configuration))
    name=\(Self.quoted(name))
    id=\(Self.quoted(id))

    chained="${0%/*}/post-receive.remora-chained"
    limit=
    command -v timeout >/dev/null 2>&1 && limit='timeout -k 1 3'

    tell() {
      $limit "$program" event push --hook --config "$config" -- "$name" "$id" 2>&1 >/dev/null
    }

    status=0
    if [ -x "$chained" ]; then
      # The dot keeps the line ends at the end.
      changes=$(cat; echo .)
      changes=${changes%.}
      printf '%s' "$changes" 2>/dev/null | "$chained" "$@"
      status=$?
      said=$(printf '%s' "$changes" 2>/dev/null | tell)
      code=$?
    else
      said=$(tell)
      code=$?
    fi
    if [ "$code" -ne 0 ]; then
      said=$(printf '%s' "${said:-no answer in time}" | head -n 1)
      printf '%s\\n' "remora: the push is safe, but its copies were not notified ($said); they find out by themselves" >&2
      $limit logger -t remora -p daemon.warning -- "hook of $name $id: status $code: $said" >/dev/null 2>&1
    fi
    exit "$status"

    """
  }

  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
