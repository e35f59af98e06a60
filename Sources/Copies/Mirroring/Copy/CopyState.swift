package import DurableFiles
internal import RefStore
internal import StateFiles
internal import SystemPackage

/// The result of the last successful run in a copy (`remora/state.json`), with the stamps of the files it describes.
///
/// It is an optimization only: without it, or when a stamp differs, all files are read again. So it is written without
/// fsync; after a crash it may be missing, torn or old, and an old one no longer matches its stamps.
package struct CopyState: Codable, Equatable, Sendable {
  /// Identifies the content of a file unless clock and inode are both forged.
  package struct Stamp: Codable, Equatable, Sendable {
    package var inode: UInt64
    package var size: Int64
    package var modified: String
    package var changed: String

    package init(_ status: FileStatus) {
      inode = status.inode
      size = status.size
      modified = Self.text(status.modified)
      changed = Self.text(status.changed)
    }

    private static func text(_ time: FileTime) -> String { "\(time.seconds).\(time.nanoseconds)" }
  }

  package var format = 1
  package var source: String
  package var checksum: String
  /// `ref: TARGET` or an oid, as in the file.
  package var head: String
  package var refs: Int
  package var exclude: [String]
  package var packedRefs: Stamp?
  package var headFile: Stamp?
  package var configuration: Stamp?

  package init(source: String, checksum: String, head: String, refs: Int, exclude: [String]) {
    self.source = source
    self.checksum = checksum
    self.head = head
    self.refs = refs
    self.exclude = exclude
  }

  private enum CodingKeys: String, CodingKey {
    case format, source, checksum, head, refs, exclude
    case packedRefs = "packed_refs_stamp"
    case headFile = "head_stamp"
    case configuration = "config_stamp"
  }

  /// The state, if it is there, readable, of this format, and still describes the files: inode, size, mtime and ctime
  /// of `packed-refs`, `HEAD` and `config` are as saved and `refs/` holds no file. Otherwise `nil`: read everything.
  package static func loadIfCurrent(_ layout: CopyLayout, through files: any FileSystemPort) throws(FileError)
    -> CopyState?
  {
    guard let state = try load(layout, through: files) else { return nil }
    var current = state
    try current.stamp(layout, through: files)
    guard current == state else { return nil }
    return try LooseRefs.exist(repository: layout.root, through: files) ? nil : state
  }

  /// What the last run left, whether its stamps still fit or not.
  static func recorded(in layout: CopyLayout, through files: any FileSystemPort) throws(FileError) -> CopyState? {
    try load(layout, through: files)
  }

  /// Whether this is the packed-refs that the last run wrote.
  static func describes(_ packedRefs: FileStatus?, of layout: CopyLayout, through files: any FileSystemPort)
    throws(FileError) -> Bool
  {
    guard let packedRefs, let state = try load(layout, through: files) else { return false }
    return state.packedRefs == Stamp(packedRefs)
  }

  private static func load(_ layout: CopyLayout, through files: any FileSystemPort) throws(FileError) -> CopyState? {
    try StateFile(layout.state, format: .json(), through: files).readIfUsable()
  }

  /// Takes the stamps of the files as they are now.
  package mutating func stamp(_ layout: CopyLayout, through files: any FileSystemPort) throws(FileError) {
    packedRefs = try files.status(of: layout.packedRefs).map(Stamp.init)
    headFile = try files.status(of: layout.head).map(Stamp.init)
    configuration = try files.status(of: layout.configuration).map(Stamp.init)
  }

  /// Writes the file: whole or not at all for a reader, without waiting for the disk.
  func save(_ layout: CopyLayout, through files: any FileSystemPort) throws {
    let written = FilePath(layout.state.string + ".new")
    if try files.status(of: written) != nil { try files.unlink(written) }
    let file = try files.create(written, permissions: .ownerReadWriteGroupOtherRead)
    do {
      try file.write(StateFormat<CopyState>.json().encode(self))
      try file.close()
      try files.rename(written, to: layout.state)
    } catch {
      // The first error is thrown; the next run replaces a leftover.
      try? files.unlink(written)
      throw error
    }
  }
}
