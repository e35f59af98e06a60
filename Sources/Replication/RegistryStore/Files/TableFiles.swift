internal import DurableFiles
internal import DurableJournal
internal import Replication
internal import SystemPackage
internal import TextBytes

/// The files of one table and the format of their lines.
///
/// `<name>.json` is the document, `<name>.journal.jsonl` the changes since; while a new document is written, the
/// journal that it replaces is `<name>.journal.previous.jsonl`.
struct TableFiles: Sendable {
  /// The directory of the tables.
  let directory: FilePath
  /// The document's name without `.json`.
  let name: String
  /// The kind's name in the document.
  let replicableName: String
  let files: any FileSystemPort

  static let format: UInt64 = 1

  var document: FilePath { directory.appending("\(name).json") }
  var journal: FilePath { directory.appending("\(name).journal.jsonl") }
  var previousJournal: FilePath { directory.appending("\(name).journal.previous.jsonl") }
  /// The key of a line's id: `project_repository_id`.
  var idKey: [UInt8] { Array("\(replicableName)_id".utf8) }

  static let permissions = FilePermissions(rawValue: 0o600)
  /// A million entries take some 500 MB.
  static let maximumBytes = 1 << 36

  func failed(_ operation: String, _ error: FileError) -> RegistryStoreError {
    RegistryStoreError(.fileSystem, "\(operation) '\(document)': \(error); mend that and start again")
  }
}

/// The members of a document other than its entries.
struct TableHead: Sendable {
  /// The next entry number.
  var nextNumber: UInt64 = 1
  /// The cursor up to which events were consumed.
  var cursor: Cursor?
  /// Members that this version does not read, unchanged.
  var unknown: [[UInt8]] = []
}

/// Writes the document of a table: one entry per line, so that an operator can read and edit it.
struct TableDocument<Row: FlatRow> {
  let paths: TableFiles
  let table: FlatTable<Row>
  let head: TableHead

  private static var synchronizedBytes: Int { 8 << 20 }

  /// Writes it to a temporary file, makes it durable and renames it. A crash leaves the old one or the new one.
  /// - Returns: its length in bytes.
  func write() throws -> Int64 {
    let files = paths.files
    let temporary = paths.directory.appending("\(paths.name).json.new")
    if try files.status(of: temporary) != nil { try files.unlink(temporary) }
    let file = try files.create(temporary, permissions: TableFiles.permissions)
    let length: Int64
    do {
      try writeText(to: file)
      length = Int64(try file.length)
      try file.synchronize()
      try file.close()
    } catch {
      // The first error is reported; the next document replaces the leftover file.
      try? file.close()
      try? files.unlink(temporary)
      throw error
    }
    try files.rename(temporary, to: paths.document)
    try files.synchronizeDirectory(paths.directory)
    return length
  }

  private func writeText(to file: any WritableFile) throws {
    var digest = SealDigest()
    var bytes = Array("{".utf8)
    if let cursor = head.cursor {
      JSONText.append("cursor", cursor.description, to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    JSONText.append("format", TableFiles.format, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("next_id", head.nextNumber, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONText.append("replicable_name", paths.replicableName, to: &bytes)
    for member in head.unknown { bytes += [UInt8(ascii: ",")] + member }
    bytes += Array(",\"entries\":[".utf8)
    let idKey = paths.idKey
    var isFirst = true
    var unsynchronized = 0
    try table.forEach { row in
      bytes += isFirst ? [UInt8(ascii: "\n")] : [UInt8(ascii: ","), UInt8(ascii: "\n")]
      isFirst = false
      row.append(to: &bytes, idKey: idKey)
      if bytes.count >= 1 << 20 {
        digest.add(bytes)
        try file.write(bytes)
        unsynchronized += bytes.count
        bytes.removeAll(keepingCapacity: true)
        // Synchronised in parts: the journal's fsync would otherwise wait while the disk writes half a gigabyte.
        if unsynchronized >= Self.synchronizedBytes {
          try file.synchronize()
          unsynchronized = 0
        }
      }
    }
    bytes += Array("\n]".utf8)
    digest.add(bytes)
    TableJournal.check.append(digest.value, to: &bytes)
    try file.write(bytes + [UInt8(ascii: "\n")])
  }
}

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
