internal import DurableFiles
internal import FlatJSON
internal import Replication
internal import SystemPackage

/// The file that changes are appended to, one line each. Used by one thread at a time.
struct TableJournal {
  private let file: any WritableFile
  private(set) var length: Int64
  /// True once it has the name of the previous journal while it is still written to.
  var isSetAside = false

  /// Opens it, makes it when missing, and takes a torn end off it.
  init(_ paths: TableFiles, wholeLength: Int) throws(FileError) {
    file = try paths.files.openForAppending(paths.journal, permissions: TableFiles.permissions)
    if try file.length > wholeLength { try file.truncate(to: wholeLength) }
    // Whole lines that a killed process had written count from now on, so they must stay.
    if wholeLength > 0 { try file.synchronize() }
    // Even one that was there: whoever made it may have died before its name was durable.
    try paths.files.synchronizeDirectory(paths.directory)
    length = Int64(wholeLength)
  }

  /// Appends lines and waits until they are on the disk.
  mutating func append(_ lines: [UInt8]) throws(FileError) {
    try file.write(lines)
    try file.synchronize()
    length += Int64(lines.count)
  }

  func close() throws(FileError) { try file.close() }

  /// A line from its members, with its check.
  static func line(_ members: [UInt8]) -> [UInt8] {
    let text = [UInt8(ascii: "{")] + members
    var check = LineCheck()
    check.add(text)
    return text + check.ending() + [UInt8(ascii: "\n")]
  }
}
