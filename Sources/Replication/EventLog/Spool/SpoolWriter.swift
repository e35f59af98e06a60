package import DurableFiles
internal import Replication
package import SystemPackage
internal import TextBytes

/// Writes an event to the spool, for a hook that gets no answer from the agent. Blocks on the disk only.
///
/// Once `write` has returned, the event survives a loss of power. The directory must exist: the agent creates it, with
/// the owner and mode that the hooks need.
package struct SpoolWriter: Sendable {
  private let directory: FilePath
  private let files: any FileSystemPort

  private static let permissions = FilePermissions(rawValue: 0o644)

  /// - Parameter directory: `<state>/spool`, absolute.
  package init(_ directory: FilePath, files: any FileSystemPort = RealFileSystem()) {
    self.directory = directory
    self.files = files
  }

  /// Writes the event as a file of its own. Changes that would make it larger than 1 MiB are left out, and counted in
  /// it.
  ///
  /// The file is readable by all who may enter the directory, whatever umask the hook has: with a hook group it is the
  /// hook's user who owns the file, and the agent must read it; only the agent may list the directory.
  /// - Throws: `EventLogError`: `fileSystem` (nothing was spooled), `tooLarge` for a correlation id that exceeds the
  ///   limit alone.
  package func write(_ event: SpooledEvent) throws(EventLogError) {
    let bytes = event.text
    guard bytes.count <= SpooledEvent.maximumBytes else {
      throw EventLogError(
        .tooLarge,
        "spool '\(event.word.rawValue)' of '\(event.id)': it takes \(bytes.count) bytes,"
          + " a file takes \(SpooledEvent.maximumBytes); shorten the correlation id")
    }
    let name = SpoolName.fresh(at: event.time)
    do {
      try put(bytes, name)
    } catch {
      throw EventLogError(error)
    }
  }

  private func put(_ bytes: [UInt8], _ name: String) throws(FileError) {
    let unfinished = directory.appending(name + SpoolName.unfinished)
    let file = try files.create(unfinished, permissions: Self.permissions)
    do {
      // The hook has the umask of the pushing user, and gitolite's is 077.
      try file.setPermissions(Self.permissions)
      try file.write(bytes)
      try file.synchronize()
      try file.close()
      try files.rename(unfinished, to: directory.appending(name + SpoolName.finished))
    } catch {
      // The first error is thrown; the agent moves a leftover file to `bad/` after an hour.
      try? files.unlink(unfinished)
      throw error
    }
    do {
      try files.synchronizeDirectory(directory)
    } catch {
      guard error.code == .permissionDenied else { throw error }
      // A member of the hook group may not list the directory, and so not open it. The file under its new name then:
      // file systems that keep a journal of names (ext4, XFS, btrfs) make the name durable with it; elsewhere the next
      // scan finds the change.
      try files.synchronizeFile(directory.appending(name + SpoolName.finished))
    }
  }
}

/// Names in a spool directory. A finished file ends in `.json` and its name begins with the time, so that the order of
/// names is the order of events by the writers' clocks; a file that is being written ends in `.tmp`.
enum SpoolName {
  static let finished = ".json"
  static let unfinished = ".tmp"
  /// The directory for invalid files.
  static let bad = "bad"

  /// Returns a new name without its ending: 15 digits of milliseconds since 1970 and 16 random ones.
  static func fresh(at time: Timestamp) -> String {
    let milliseconds = String(max(0, time.milliseconds))
    let zeros = String(repeating: "0", count: max(0, 15 - milliseconds.utf8.count))
    return "\(zeros)\(milliseconds)-\(Hex.padded(.random(in: .min ... .max)))"
  }

  static func ends(_ name: FilePath.Component, in suffix: String) -> Bool {
    let bytes = DirectoryEntry(name: name, kind: .regular).nameBytes
    return bytes.count > suffix.utf8.count && bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }
}
