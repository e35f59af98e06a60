internal import DurableFiles
internal import DurableJournal
internal import TextBytes

/// Appends changes to a file, one line each. Used by one thread at a time.
struct TableJournal {
  private var file: JournalFile
  /// Whether it already has the name of the previous journal while it is still written to.
  var isSetAside = false

  /// Opens it, creates it when missing, and cuts off a torn tail; see `JournalFile` for the durability.
  init(_ paths: TableFiles, wholeLength: Int) throws(FileError) {
    file = try JournalFile(
      opening: paths.journal, length: wholeLength, permissions: TableFiles.permissions, through: paths.files)
  }

  /// Bytes of the lines that are durable.
  var length: Int64 { Int64(file.length) }

  /// Cuts off the leftovers of a failed append. Until it succeeds, those lines may be in the file.
  ///
  /// A failed fsync of a full disk needs no other file: `FlatStore` stops at every other error of a write.
  mutating func mend() throws(FileError) { _ = try file.mend() }

  /// Appends lines and returns when they are durable.
  mutating func append(_ lines: [UInt8]) throws(FileError) { try file.append(lines) }

  func close() throws(FileError) { try file.close() }

  /// The member at the end of a line and of a document.
  static let check = LineSeal("check")

  /// Appends a line of these members, with its check.
  /// - Parameter count: the number of lines of the group, for its first line.
  static func append(_ members: [UInt8], groupOf count: Int?, to bytes: inout [UInt8]) {
    var text = [UInt8(ascii: "{")]
    if let count {
      JSONText.append("group", UInt64(count), to: &text)
      text.append(UInt8(ascii: ","))
    }
    text += members
    var digest = SealDigest()
    digest.add(text)
    check.append(digest.value, to: &text)
    bytes += text
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Whether a line is the first of a group.
  static func beginsGroup(_ line: UnsafeRawBufferPointer) -> Bool { line.starts(with: groupMark) }

  private static let groupMark = Array("{\"group\":".utf8)
}
