package import DurableFiles
package import SystemPackage
internal import TextBytes

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

/// Finds the whole lines of a journal, and distinguishes a torn tail from damage.
///
/// A group that was not synchronized when the power failed comes back as a part, or with holes of zeros. So the tail
/// is torn when its last line has no newline, or when it starts with a bad line, has a zero byte and no later group
/// begins in it. A whole line has no zero byte, and when a group begins everything before it is durable: any other
/// bad line is damage.
package struct JournalScan: Hashable, Sendable {
  /// Bytes of the whole lines.
  package private(set) var length = 0
  /// The number of whole lines.
  package private(set) var lines = 0

  /// Reads lines until the end or the torn tail.
  ///
  /// - Parameters:
  ///   - beginsGroup: whether a line, or the start of one, is the first of a group.
  ///   - accept: takes a line without its newline, its offset and its number, from 1. Returns why it is bad; the
  ///     error is thrown unless the tail is torn. An error that it throws is thrown in any case.
  package init<Failure: Error>(
    _ text: UnsafeRawBufferPointer, beginsGroup: (UnsafeRawBufferPointer) -> Bool,
    accept: (_ line: UnsafeRawBufferPointer, _ offset: Int, _ number: Int) throws(Failure) -> Failure?
  ) throws(Failure) {
    while let end = text.firstIndex(of: UInt8(ascii: "\n"), from: length) {
      let line = UnsafeRawBufferPointer(rebasing: text[length..<end])
      if let failure = try accept(line, length, lines + 1) {
        let rest = UnsafeRawBufferPointer(rebasing: text[length...])
        guard Self.isTorn(rest, beginsGroup) else { throw failure }
        return
      }
      length = end + 1
      lines += 1
    }
  }

  /// - Parameter rest: from the bad line to the end of the file.
  private static func isTorn(
    _ rest: UnsafeRawBufferPointer, _ beginsGroup: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    guard rest.firstIndex(of: 0, from: 0) != nil else { return false }
    var next = rest.firstIndex(of: UInt8(ascii: "\n"), from: 0)
    while let end = next {
      next = rest.firstIndex(of: UInt8(ascii: "\n"), from: end + 1)
      if beginsGroup(UnsafeRawBufferPointer(rebasing: rest[(end + 1)..<(next ?? rest.count)])) { return false }
    }
    return true
  }
}
