package import DurableFiles
package import SystemPackage

/// Appends groups of lines to one file, each group with one fsync. For one thread at a time.
///
/// After a crash at any instruction the file has every group whose `append` returned, and possibly a part of the
/// group that was being written, which `JournalScan` recognizes. After a failed `append` the part stays until `mend`
/// cuts it off, which the caller does before the next `append`.
package struct JournalFile {
  private let file: any WritableFile
  /// Bytes of the groups that are durable.
  package private(set) var length: Int
  private var tail = Tail.whole

  private enum Tail {
    case whole
    /// A write failed: a part of the group may follow the durable bytes.
    case torn
    /// An fsync failed. The kernel may have dropped the pages and report success next time (fsync(2), *errors*).
    case unsynchronized
  }

  /// Opens a file that a scan has read, makes it when missing, cuts off its torn tail and makes the rest durable.
  ///
  /// On return the whole lines that a killed process had written without fsync are durable, and so is the name.
  ///
  /// - Parameter length: bytes of the whole lines, from `JournalScan`; the file is not shorter.
  package init(
    opening path: FilePath, length: Int, permissions: FilePermissions, through files: any FileSystemPort
  ) throws(FileError) {
    file = try files.openForAppending(path, permissions: permissions)
    if try file.length > length { try file.truncate(to: length) }
    if length > 0 { try file.synchronize() }
    // The process that made the file may have died before its name was durable.
    try files.synchronizeDirectory(path.removingLastComponent())
    self.length = length
  }

  /// Makes an empty file. Its name is not durable: the caller synchronizes the directory after the first group.
  ///
  /// - Throws: `EEXIST` when the name is taken.
  package init(
    creating path: FilePath, permissions: FilePermissions, through files: any FileSystemPort
  ) throws(FileError) {
    file = try files.create(path, permissions: permissions)
    length = 0
  }

  /// Appends a group and returns when it is durable.
  ///
  /// - Throws: the group is not acknowledged then, and `mend` comes before the next append.
  package mutating func append(_ group: [UInt8]) throws(FileError) {
    guard case .whole = tail else { preconditionFailure("a torn tail is cut off before the next append") }
    tail = .torn
    try file.write(group)
    tail = .unsynchronized
    try file.synchronize()
    tail = .whole
    length += group.count
  }

  /// Cuts off what a failed append has left; durable on return. Without a failed append it does nothing.
  ///
  /// Until it succeeds the failed group may come back when the file is opened again.
  ///
  /// - Returns: true when an fsync had failed: later groups belong in another file.
  package mutating func mend() throws(FileError) -> Bool {
    if case .whole = tail { return false }
    try file.truncate(to: length)
    try file.synchronize()
    defer { tail = .whole }
    if case .unsynchronized = tail { return true }
    return false
  }

  /// Ends the use. All groups are durable already, so a failure loses nothing.
  package func close() throws(FileError) { try file.close() }
}
