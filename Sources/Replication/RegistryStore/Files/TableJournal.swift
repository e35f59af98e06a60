internal import DurableFiles
internal import Replication
internal import SystemPackage
internal import TextBytes

/// The file that changes are appended to, one line each. Used by one thread at a time.
struct TableJournal {
  private let file: any WritableFile
  private(set) var length: Int64
  /// True once it has the name of the previous journal while it is still written to.
  var isSetAside = false
  /// The last append failed: behind the whole lines there may be a part of others.
  private var hasTornEnd = false

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

  /// Takes away what an append that failed has left. Until that is done nothing may be said that rests on its absence: whoever opens
  /// the file would find it.
  mutating func mend() throws(FileError) {
    guard hasTornEnd else { return }
    try file.truncate(to: Int(length))
    try file.synchronize()
    hasTornEnd = false
  }

  /// Appends lines and waits until they are on the disk.
  mutating func append(_ lines: [UInt8]) throws(FileError) {
    hasTornEnd = true
    try file.write(lines)
    try file.synchronize()
    hasTornEnd = false
    length += Int64(lines.count)
  }

  func close() throws(FileError) { try file.close() }

  /// Appends a line made of its members, with its check.
  /// - Parameter count: how many lines are written together, for the first of them.
  static func append(_ members: [UInt8], groupOf count: Int?, to bytes: inout [UInt8]) {
    var text = [UInt8(ascii: "{")]
    if let count {
      JSONText.append("group", UInt64(count), to: &text)
      text.append(UInt8(ascii: ","))
    }
    text += members
    var check = LineCheck()
    check.add(text)
    bytes += text
    bytes += check.ending()
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Whether what begins with a bad line can be a group of lines that was being written when the power went: what was not
  /// synchronised comes back as a part, or with holes of zeros. A zero is in no line that was written whole, and once a later
  /// group has begun everything before it was on the disk: then it is damage.
  static func isTorn(_ rest: ArraySlice<UInt8>) -> Bool {
    guard rest.contains(0) else { return false }
    let mark = Array("{\"group\":".utf8)
    return !rest.split(separator: UInt8(ascii: "\n")).dropFirst().contains { $0.starts(with: mark) }
  }
}
