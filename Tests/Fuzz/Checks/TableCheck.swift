import DurableFiles
import SystemPackage
import TextBytes

@testable import RegistryStore

/// A table that was read, written as a document and as a journal, must be read from both as it was.
struct TableCheck<Row: FlatRow> where Row.Value: Equatable {
  private let paths: TableFiles
  private let found: TableReading<Row>.Result

  /// - Parameter bytes: the document, the journal and the journal before it.
  static func run(_ bytes: [UInt8]) throws {
    let parts = InputParts.split(bytes, count: 3)
    let files = MemoryFiles()
    let paths = paths(files)
    files[paths.document] = parts[0]
    files[paths.journal] = parts[1]
    files[paths.previousJournal] = parts[2]
    let found: TableReading<Row>.Result
    do { found = try TableReading(paths: paths).read() } catch { return }
    let check = TableCheck(paths: paths, found: found)
    try check.document()
    try check.journal()
    try check.changes()
  }

  private static func paths(_ files: MemoryFiles) -> TableFiles {
    TableFiles(directory: "/state", name: "thing_registry", replicableName: "thing", files: files)
  }

  private func read(_ prepare: (MemoryFiles, TableFiles) throws -> Void) throws -> TableReading<Row>.Result {
    let files = MemoryFiles()
    let paths = Self.paths(files)
    try prepare(files, paths)
    do { return try TableReading(paths: paths).read() } catch {
      throw Disagreement("what was written is not read again: \(error)")
    }
  }

  private func document() throws {
    let again = try read { _, paths in
      _ = try TableDocument(paths: paths, table: found.table, head: found.head).write()
    }
    try compare(again, "document")
    try Disagreement.unless(again.head.nextNumber == found.head.nextNumber, "the next number is another one")
    try Disagreement.unless(again.head.unknown == found.head.unknown, "unknown members of the document are lost")
    try Disagreement.unless(
      !again.needsDocument && again.tornLines == 0, "a new document is not whole")
  }

  /// Every row as a change of its own.
  private func journal() throws {
    var draft = TableDraft<Row>(table: FlatTable(), head: TableHead(), idKey: paths.idKey)
    for row in rows(found) { draft.set(row) }
    if let cursor = found.head.cursor { draft.set(cursor: cursor) }
    let again = try read { files, paths in files[paths.journal] = draft.drafted.lines }
    try compare(again, "journal")
    try Disagreement.unless(again.tornLines == 0, "whole lines are taken for torn ones")
  }

  /// What a change takes from a row and puts back, and the number that a new one gets.
  private func changes() throws {
    for row in rows(found) {
      let same = Row(row.value, replacing: row)
      try Disagreement.unless(text(same) == text(row) && same.value == row.value, "a row changes when it is used")
    }
    var draft = TableDraft(table: found.table, head: found.head, idKey: paths.idKey)
    let number = draft.nextNumber()
    try Disagreement.unless(rows(found).allSatisfy { $0.number < number }, "a number is given twice")
  }

  private func compare(_ again: TableReading<Row>.Result, _ source: String) throws {
    let (before, after) = (rows(found), rows(again))
    try Disagreement.unless(before.map(text) == after.map(text), "rows differ when read from the \(source)")
    try Disagreement.unless(before.map(\.value) == after.map(\.value), "values differ when read from the \(source)")
    try Disagreement.unless(found.head.cursor == again.head.cursor, "the cursor differs when read from the \(source)")
    for counter in 0..<RowCounts.size {
      try Disagreement.unless(found.table.counts[counter] == again.table.counts[counter], "counter \(counter) is off")
    }
    for question in questions {
      try Disagreement.unless(answers(found, question) == answers(again, question), "answers to \(question) differ")
    }
  }

  private func rows(_ result: TableReading<Row>.Result) -> [Row] { result.table.window(after: nil, limit: .max) }

  private func text(_ row: Row) -> [UInt8] {
    var bytes: [UInt8] = []
    row.append(to: &bytes, idKey: paths.idKey)
    return bytes
  }

  private var questions: [IndexKey.Question] {
    [.pending, .failed, .verificationPending, .verificationFailed, .verified, .started, .incarnation, .inode]
  }

  /// Rows of one order come in the order of their places in memory, which says nothing: sorted.
  private func answers(_ result: TableReading<Row>.Result, _ question: IndexKey.Question) -> [String] {
    result.table.first(.max, question).map(\.key).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

extension TableCheck where Row == EntryRow {
  static func registry(_ bytes: [UInt8]) throws { try run(bytes) }
}

extension TableCheck where Row == StateRow {
  static func states(_ bytes: [UInt8]) throws { try run(bytes) }
}
