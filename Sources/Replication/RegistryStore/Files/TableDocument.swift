internal import DurableFiles
internal import DurableJournal
internal import Replication
internal import SystemPackage
internal import TextBytes

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
