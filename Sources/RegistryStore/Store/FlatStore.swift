internal import DurableFiles
internal import FlatJSON
internal import Replication
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// One table with its files: what registries and primary states have in common.
///
/// Guarantees: a change is acknowledged after its lines are on the disk, and nobody sees it before. After a crash at any line the
/// table has every acknowledged change; of changes that were under way it may have those whose lines were whole. A write that
/// fails ends the store: what was acknowledged is on the disk, further changes are refused until it is opened anew.
final class FlatStore<Row: FlatRow>: Sendable {
  /// A change as it is made by the leader, with what it was asked for.
  struct Change: Sendable {
    /// Makes the change on a draft; what it throws goes to who asked, and the draft is thrown away.
    let make: @Sendable (inout TableDraft<Row>) throws -> Void
  }

  private struct Durable {
    var table: FlatTable<Row>
    var head: TableHead
    var failure: RegistryStoreError?
    var compaction: Task<Void, Never>?
    var isClosed = false
  }

  /// Lines that a crash had cut when the table was opened: 0 or 1.
  let tornLines: Int
  private let paths: TableFiles
  private let pool: WorkerPool
  private let foldBytes: Int64
  private let queue = ChangeQueue<Change>(limit: 100_000)
  private let durable: Mutex<Durable>
  /// The leader's alone.
  private let journal: Mutex<TableJournal>

  /// Blocks on the disk.
  /// - Parameter foldBytes: a journal is folded into the document when it is larger than this and than half of the document.
  init(_ paths: TableFiles, pool: WorkerPool, foldBytes: Int64) throws {
    self.paths = paths
    self.pool = pool
    self.foldBytes = foldBytes
    let result = try TableReading<Row>(paths: paths).read()
    tornLines = result.tornLines
    do throws(FileError) {
      if let format = result.olderFormat, try paths.files.status(of: paths.document) != nil {
        let kept = paths.directory.appending("\(paths.name).json.v\(format)")
        if try paths.files.status(of: kept) == nil { try paths.files.link(paths.document, to: kept) }
        try paths.files.synchronizeDirectory(paths.directory)
      }
    } catch {
      throw paths.failed("convert", error)
    }
    do {
      var length = result.journalLength
      if result.needsDocument {
        try TableDocument(paths: paths, table: result.table, head: result.head).write()
        for path in [paths.previousJournal, paths.journal] where try paths.files.status(of: path) != nil {
          try paths.files.unlink(path)
        }
        try paths.files.synchronizeDirectory(paths.directory)
        length = 0
      }
      journal = Mutex(try TableJournal(paths, wholeLength: length))
    } catch let error as FileError {
      throw paths.failed("open", error)
    }
    durable = Mutex(Durable(table: result.table, head: result.head))
  }

  /// Reads of the durable table.
  func read<Answer>(_ body: (FlatTable<Row>, TableHead) throws -> sending Answer) rethrows -> sending Answer {
    let (table, head) = durable.withLock { ($0.table, $0.head) }
    return try body(table, head)
  }

  /// Makes a change and returns when it is durable.
  func change(_ make: @escaping @Sendable (inout TableDraft<Row>) throws -> Void) async throws {
    let ticket = queue.ticket()
    switch try await queue.join(ticket, Change(make: make)) {
    case .done: return
    case .lead: try await lead(ticket)
    }
  }

  private func lead(_ ticket: UInt64) async throws {
    defer { queue.handOn(from: ticket) }
    try await pool.run { _ in try self.writeGroup(ledBy: ticket) }
  }

  /// How many changes one fsync serves at most.
  private static var groupLimit: Int { 1_024 }

  private func writeGroup(ledBy ticket: UInt64) throws {
    let group = queue.take(limit: Self.groupLimit)
    let state = durable.withLock { ($0.table, $0.head, $0.failure) }
    var draft = TableDraft<Row>(table: state.0, head: state.1, idKey: paths.idKey)
    var outcomes: [Result<ChangeQueue<Change>.Turn, any Error>] = []
    for entry in group {
      if let failure = state.2 {
        outcomes.append(.failure(failure))
        continue
      }
      var attempt = draft
      do {
        try entry.work.make(&attempt)
        draft = attempt
        outcomes.append(.success(.done))
      } catch {
        outcomes.append(.failure(error))
      }
    }
    if let failure = write(draft) { outcomes = outcomes.map { $0.flatMap { _ in .failure(failure) } } }
    var own: Result<ChangeQueue<Change>.Turn, any Error>?
    for (entry, outcome) in zip(group, outcomes) {
      if entry.ticket == ticket { own = outcome }
      entry.continuation?.resume(with: outcome)
    }
    _ = try own?.get()
  }

  /// Makes the draft durable and then visible.
  private func write(_ draft: TableDraft<Row>) -> RegistryStoreError? {
    guard !draft.lines.isEmpty else { return nil }
    let result = Result { () throws(FileError) in
      try journal.withLock { journal throws(FileError) in try journal.append(draft.lines) }
    }
    if case .failure(let error) = result {
      let failure = RegistryStoreError(
        .stopped,
        "write to '\(paths.journal)': \(error); nothing that was acknowledged is lost; mend that and start again")
      durable.withLock { $0.failure = failure }
      return failure
    }
    durable.withLock { durable in
      for (key, row) in draft.changes { durable.table.set(key, row) }
      durable.head = draft.head
    }
    foldIfGrown()
    return nil
  }

  // MARK: Folding

  /// Begins a new journal and has the document written while writers go on.
  private func foldIfGrown() {
    let length = journal.withLock { $0.length }
    guard length > foldBytes, durable.withLock({ $0.compaction == nil && !$0.isClosed && $0.failure == nil }) else {
      return
    }
    let isBegun = Result { () throws(FileError) in try beginJournal() }
    guard case .success = isBegun else {
      // The old journal is still written to and complete; a full disk or the like will be told by the next change.
      return
    }
    let (table, head) = durable.withLock { ($0.table, $0.head) }
    let task = Task { await self.fold(table, head) }
    durable.withLock { $0.compaction = task }
  }

  private func beginJournal() throws(FileError) {
    try journal.withLock { journal throws(FileError) in
      try paths.files.rename(paths.journal, to: paths.previousJournal)
      // Makes both names durable, before anything is acknowledged in the new one.
      let next = try TableJournal(paths, wholeLength: 0)
      let old = journal
      journal = next
      try old.close()
    }
  }

  private func fold(_ table: FlatTable<Row>, _ head: TableHead) async {
    let paths = paths
    do {
      try await pool.run { _ in
        try TableDocument(paths: paths, table: table, head: head).write()
        try paths.files.unlink(paths.previousJournal)
        try paths.files.synchronizeDirectory(paths.directory)
      }
      durable.withLock { $0.compaction = nil }
    } catch {
      // Both journals stay and are read at the next start; until then this one only grows.
    }
  }

  /// Waits for what is being written and closes the journal. Changes that come afterwards fail.
  func close() async {
    let compaction = durable.withLock { durable in
      durable.isClosed = true
      durable.failure =
        durable.failure ?? RegistryStoreError(.stopped, "change '\(paths.document)': the registry was closed")
      return durable.compaction
    }
    await compaction?.value
    // Everything in it was synchronised; a failing close has nothing more to lose.
    try? journal.withLock { try $0.close() }
  }
}

/// What a group of changes makes of a table, with the lines that say so.
struct TableDraft<Row: FlatRow>: Sendable {
  private let table: FlatTable<Row>
  private(set) var head: TableHead
  private let idKey: [UInt8]
  private var overlay: [[UInt8]: Row?] = [:]
  private(set) var lines: [UInt8] = []

  init(table: FlatTable<Row>, head: TableHead, idKey: [UInt8]) {
    self.table = table
    self.head = head
    self.idKey = idKey
  }

  /// The changed rows.
  var changes: [(key: String, row: Row?)] { overlay.map { (String(decoding: $0.key, as: UTF8.self), $0.value) } }

  func row(_ key: String) -> Row? {
    if let changed = overlay[Array(key.utf8)] { return changed }
    return table.row(key)
  }

  func firstRow(_ question: IndexKey.Question, _ order: Int64) -> Row? {
    var found: Row?
    table.answer(question, from: order) { position, row in
      if position == order { found = row }
      return false
    }
    return found
  }

  mutating func nextNumber() -> UInt64 {
    defer { head.nextNumber += 1 }
    return head.nextNumber
  }

  mutating func set(_ row: Row) {
    overlay[Array(row.key.utf8)] = .some(row)
    lines += TableJournal.line(Self.members(of: row, idKey))
  }

  mutating func remove(_ key: String) {
    overlay[Array(key.utf8)] = .some(nil)
    var members: [UInt8] = []
    JSONText.append("removed", key, to: &members)
    lines += TableJournal.line(members)
  }

  /// Gives a row another key, in one line: half of it would lose the row.
  mutating func replace(_ key: String, with row: Row) {
    overlay[Array(key.utf8)] = .some(nil)
    overlay[Array(row.key.utf8)] = .some(row)
    var members = Self.members(of: row, idKey)
    members.append(UInt8(ascii: ","))
    JSONText.append("removed", key, to: &members)
    lines += TableJournal.line(members)
  }

  mutating func set(cursor: Cursor) {
    head.cursor = cursor
    var members: [UInt8] = []
    JSONText.append("cursor", cursor.description, to: &members)
    lines += TableJournal.line(members)
  }

  private static func members(of row: Row, _ idKey: [UInt8]) -> [UInt8] {
    var members = Array("\"entry\":".utf8)
    row.append(to: &members, idKey: idKey)
    return members
  }
}
