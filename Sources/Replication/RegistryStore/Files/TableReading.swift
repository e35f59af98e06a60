internal import DurableFiles
internal import DurableJournal
internal import Replication
internal import SystemPackage
internal import TextBytes

/// Reads the document and the journals of one table, strictly: damage is an error with file, line and remedy. Only the
/// tail of the last journal may be torn: changes that were never acknowledged.
struct TableReading<Row: FlatRow> {
  /// The result of the reading.
  struct Result {
    var table = FlatTable<Row>()
    var head = TableHead()
    /// Bytes of the journal up to its last complete line.
    var journalLength = 0
    /// The document's length, 0 without one.
    var documentLength: Int64 = 0
    /// Torn tails that were dropped: 0 or 1.
    var tornLines = 0
    /// Whether a document must be written first: a journal was replaced and not removed, or the format is an older one.
    var needsDocument = false
    /// The old format of a document that must be converted.
    var olderFormat: UInt64?
  }

  let paths: TableFiles

  func read() throws(RegistryStoreError) -> Result {
    var result = Result()
    var rows = RowChunks<Row>()
    if let bytes = try contents(of: paths.document) {
      try readDocument(bytes, &result, &rows)
      result.documentLength = Int64(bytes.count)
    }
    var changed: [(key: String, row: Row?)] = []
    let current = try contents(of: paths.journal)
    if let bytes = try contents(of: paths.previousJournal) {
      result.needsDocument = true
      // While the new one is empty, changes may still have gone to the old one under its new name.
      let isLast = current?.isEmpty ?? true
      _ = try readJournal(bytes, paths.previousJournal, mayBeTorn: isLast, &result, &changed)
    }
    if let bytes = current {
      let whole = try readJournal(bytes, paths.journal, mayBeTorn: true, &result, &changed)
      result.journalLength = whole
      result.tornLines = whole < bytes.count ? 1 : 0
    }
    var highest: UInt64 = 0
    rows.forEach { highest = max(highest, $0.number) }
    result.head.nextNumber = max(result.head.nextNumber, highest + 1)
    result.table = FlatTable(rows)
    for change in changed {
      if let row = change.row { result.head.nextNumber = max(result.head.nextNumber, row.number + 1) }
      result.table.set(change.key, change.row)
    }
    return result
  }

  private func contents(of path: FilePath) throws(RegistryStoreError) -> [UInt8]? {
    do {
      return try paths.files.contents(of: path, limit: TableFiles.maximumBytes)
    } catch {
      throw paths.failed("read", error)
    }
  }

  private func damaged(_ path: FilePath, line: Int, _ reason: String) -> RegistryStoreError {
    RegistryStoreError(
      .damaged,
      "read '\(path)', line \(line): \(reason); mend the line, or restore the file from a backup; moved away, its entries are made anew from the catalog"
    )
  }

  // MARK: The document

  /// Reads `{…,"entries":[` on the first line, an entry per line, `]}` on the last. An operator may have formatted it
  /// differently.
  private func readDocument(
    _ bytes: [UInt8], _ result: inout Result, _ rows: inout RowChunks<Row>
  ) throws(RegistryStoreError) {
    var (format, hasEntries) = (UInt64?.none, false)
    var (head, found) = (TableHead(), RowChunks<Row>())
    let failure = bytes.withUnsafeBytes { raw -> (JSONScanError)? in
      var scanner = JSONScanner(raw)
      do throws(JSONScanError) {
        try scanner.take("{")
        var isFirst = true
        while let key = try scanner.nextKey(&isFirst) {
          if scanner.matches(key, "format") {
            format = try scanner.unsigned()
            // Only a newer version can read a newer format.
            if format.map({ $0 > TableFiles.format }) ?? false { return nil }
          } else if scanner.matches(key, "replicable_name") {
            guard try scanner.string() == paths.replicableName else {
              throw scanner.failure("the kind '\(paths.replicableName)' before this place")
            }
          } else if scanner.matches(key, "next_id") {
            head.nextNumber = try scanner.entryNumber()
          } else if scanner.matches(key, "cursor") {
            head.cursor = try scanner.described("a cursor")
          } else if scanner.matches(key, "entries") {
            hasEntries = true
            try scanner.take("[")
            found.append(contentsOf: try EntriesReading<Row>(text: raw, idKey: paths.idKey).read(&scanner))
          } else if scanner.matches(key, "check") {
            try scanner.skipValue()
          } else {
            head.unknown.append(try scanner.unknownMember(key))
          }
        }
        try scanner.end()
        if !hasEntries { throw scanner.failure("'entries'") }
        return nil
      } catch {
        return error
      }
    }
    if failure == nil, Self.isChanged(bytes) {
      throw RegistryStoreError(
        .damaged,
        "read '\(paths.document)': its bytes are not those that were written; if an operator edited it on purpose, take the 'check' off its end, else restore it from a backup"
      )
    }
    if let failure { throw damaged(paths.document, line: Self.line(of: failure.offset, in: bytes), "\(failure)") }
    if let format, format > TableFiles.format {
      throw RegistryStoreError(
        .newerFormat,
        "read '\(paths.document)': its format is \(format), this version knows \(TableFiles.format); start the version that wrote it"
      )
    }
    if format != TableFiles.format {
      // Format 0 had no `format`, and is otherwise the same.
      result.olderFormat = format ?? 0
      result.needsDocument = true
    }
    result.head = head
    rows = found
  }

  /// Whether the document's check does not match. A newline may follow it.
  private static func isChanged(_ bytes: [UInt8]) -> Bool {
    let end = bytes.last == UInt8(ascii: "\n") ? bytes.count - 1 : bytes.count
    return bytes.withUnsafeBytes { TableJournal.check.isIntact(UnsafeRawBufferPointer(rebasing: $0[..<end])) } == false
  }

  private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
    bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
  }

  // MARK: A journal

  /// Returns the length of its complete lines.
  private func readJournal(
    _ bytes: [UInt8], _ path: FilePath, mayBeTorn: Bool, _ result: inout Result,
    _ changed: inout [(key: String, row: Row?)]
  ) throws(RegistryStoreError) -> Int {
    let whole = try bytes.span.bytes.withUnsafeBytes { text throws(RegistryStoreError) in
      try JournalScan(text, beginsGroup: TableJournal.beginsGroup) { (line, _, number) throws(RegistryStoreError) in
        guard let reason = readLine(line, &result, &changed) else { return nil }
        let failure = damaged(path, line: number, reason)
        if mayBeTorn { return failure }
        throw failure
      }
    }
    guard mayBeTorn || whole.length == bytes.count else {
      throw damaged(path, line: whole.lines + 1, "a line without its end")
    }
    return whole.length
  }

  /// Applies a line atomically; returns the error of a bad one.
  private func readLine(
    _ line: UnsafeRawBufferPointer, _ result: inout Result, _ changed: inout [(key: String, row: Row?)]
  ) -> String? {
    if TableJournal.check.isIntact(line) == false { return "its bytes are not those that were written" }
    let (known, head) = (changed.count, result.head)
    do throws(JSONScanError) {
      try readMembers(line, &result, &changed)
      return nil
    } catch {
      changed.removeSubrange(known...)
      result.head = head
      return "\(error)"
    }
  }

  private func readMembers(
    _ line: UnsafeRawBufferPointer, _ result: inout Result, _ changed: inout [(key: String, row: Row?)]
  ) throws(JSONScanError) {
    let idKey = paths.idKey
    var scanner = JSONScanner(line)
    try scanner.take("{")
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.matches(key, "entry") {
        try scanner.take("{")
        let row = try Row(from: &scanner, idKey: idKey)
        changed.append((row.key, row))
      } else if scanner.matches(key, "removed") {
        changed.append((try scanner.string(), nil))
      } else if scanner.matches(key, "cursor") {
        result.head.cursor = try scanner.described("a cursor")
      } else {
        // Members of a later version, and `check`, which was verified.
        try scanner.skipValue()
      }
    }
    try scanner.end()
  }
}
