internal import DurableFiles
internal import DurableJournal
internal import Replication
internal import Synchronization
internal import SystemPackage
internal import TextBytes
internal import WorkerPool

/// One table with its files: the common part of registries and primary states.
///
/// Guarantees: a change is acknowledged after its lines are durable, and no reader sees it before. After a crash at any
/// line the table has every acknowledged change; of unacknowledged changes it may have those whose lines were complete.
/// On a full disk changes fail until there is space again. Any other failed write stops the store: acknowledged changes
/// are durable, further changes fail until it is opened again.
///
/// Changes that need not survive the process are the exception: they have no line and wait for no fsync.
final class FlatStore<Row: FlatRow>: Sendable {
  /// A change as it is made by the leader, with its parameters.
  struct Change: Sendable {
    /// Whether it survives the process.
    let isLasting: Bool
    /// Makes the change on a draft. Its error is returned to its caller, and its part of the draft is dropped.
    let make: @Sendable (inout TableDraft<Row>) throws -> Void
  }

  private struct Durable {
    var table: FlatTable<Row>
    var head: TableHead
    var failure: RegistryStoreError?
    var isClosed = false
    var folding = Folding()
  }

  /// The state of the journal's folding.
  private struct Folding {
    /// The running fold.
    var task: Task<Void, Never>?
    /// A journal that was set aside is not in the document yet.
    var isPreviousThere = false
    /// Why the last one failed.
    var failure: RegistryStoreError?
    /// The journal's length at which the next one begins.
    var nextLength: Int64
    init(nextLength: Int64 = 0) { self.nextLength = nextLength }
  }

  /// Torn tails that were dropped when the table was opened: 0 or 1.
  let tornLines: Int
  private let paths: TableFiles
  private let pool: WorkerPool
  private let foldBytes: Int64
  private let queue = CommitQueue<Change, Void>(limit: FlatStore.waitingLimit)
  private let durable: Mutex<Durable>
  /// Only the leader uses it.
  private let journal: Mutex<TableJournal>

  /// Blocks on the disk.
  /// - Parameter foldBytes: a journal is folded into the document when it is larger than this and than half of the
  ///   document.
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
      var documentLength = result.documentLength
      if result.needsDocument {
        documentLength = try TableDocument(paths: paths, table: result.table, head: result.head).write()
        // The journal stays: its lines repeat the document. The previous one is removed first: if both were removed, a
        // crash might bring back only the older one.
        if try paths.files.status(of: paths.previousJournal) != nil { try paths.files.unlink(paths.previousJournal) }
      }
      journal = Mutex(try TableJournal(paths, wholeLength: result.journalLength))
      durable = Mutex(
        Durable(
          table: result.table, head: result.head,
          folding: Folding(nextLength: max(foldBytes, documentLength / 2))))
    } catch let error as FileError {
      throw paths.failed("open", error)
    }
  }

  /// Why the last fold of the journal into the document failed; `nil` when it succeeded. A failure loses nothing: the
  /// journal grows, and the next fold is tried when it has grown as much again.
  var foldingFailure: RegistryStoreError? { durable.withLock { $0.folding.failure } }

  /// Reads the durable table.
  func read<Answer>(_ body: (FlatTable<Row>, TableHead) throws -> sending Answer) rethrows -> sending Answer {
    let (table, head) = durable.withLock { ($0.table, $0.head) }
    return try body(table, head)
  }

  /// Makes a change and returns when it is durable; a change that is not lasting returns at once and ends with the
  /// process.
  func change(
    isLasting: Bool = true, _ make: @escaping @Sendable (inout TableDraft<Row>) throws -> Void
  ) async throws {
    do {
      try await queue.commit(Change(isLasting: isLasting, make: make)) { lead in
        if isLasting {
          try await pool.run { _ in try lead.commit(limit: Self.groupLimit) { self.makeGroup($0) } }
        } else {
          try lead.commit(limit: Self.groupLimit, while: { !$0.isLasting }) { makeGroup($0) }
        }
      }
    } catch is CommitRefusal {
      throw RegistryStoreError(
        .fileSystem, "change a registry: \(Self.waitingLimit) changes wait to be written already; try later")
    }
  }

  /// Maximum waiting changes before further ones are refused.
  private static var waitingLimit: Int { 100_000 }
  /// Maximum changes that share one fsync.
  private static var groupLimit: Int { 1_024 }

  /// Makes changes and returns the result of each. Blocks on the disk if one of them is lasting.
  private func makeGroup(_ group: [Change]) -> [Result<Void, any Error>] {
    var outcomes: [Result<Void, any Error>] = []
    let drafted = draft(group, &outcomes)
    guard let failure = write(drafted) else { return outcomes }
    return outcomes.map { $0.flatMap { _ in .failure(failure) } }
  }

  /// Makes the changes of a group on a draft. The draft's reference to the table ends here, so that without readers the
  /// table is changed in place.
  private func draft(_ group: [Change], _ outcomes: inout [Result<Void, any Error>]) -> DraftedChanges<Row> {
    let (table, head, stopped) = durable.withLock { ($0.table, $0.head, $0.failure) }
    let failure = stopped ?? (group.contains(where: \.isLasting) ? mend() : nil)
    var draft = TableDraft<Row>(table: table, head: head, idKey: paths.idKey)
    for change in group {
      if let failure {
        outcomes.append(.failure(failure))
        continue
      }
      do {
        try draft.attempt(change.make, isLasting: change.isLasting)
        outcomes.append(.success(()))
      } catch {
        outcomes.append(.failure(error))
      }
    }
    return draft.drafted
  }

  /// Cuts off the leftovers of a write on a full disk; returns the error if it fails.
  private func mend() -> RegistryStoreError? {
    do throws(FileError) {
      try journal.withLock { journal throws(FileError) in try journal.mend() }
      return nil
    } catch {
      return full(error)
    }
  }

  private func full(_ error: FileError) -> RegistryStoreError {
    RegistryStoreError(
      .fileSystem, "write to '\(paths.journal)': \(error); nothing was changed; free some space, it goes on then")
  }

  /// Makes the drafted changes durable and then visible.
  private func write(_ drafted: DraftedChanges<Row>) -> RegistryStoreError? {
    if !drafted.lines.isEmpty, let failure = append(drafted.lines) { return failure }
    guard !drafted.lines.isEmpty || !drafted.rows.isEmpty else { return nil }
    durable.withLock { durable in
      for change in drafted.rows { durable.table.set(change.key, change.row) }
      durable.head = drafted.head
    }
    if !drafted.lines.isEmpty { foldIfGrown() }
    return nil
  }

  private func append(_ lines: [UInt8]) -> RegistryStoreError? {
    let result = Result { () throws(FileError) in
      try journal.withLock { journal throws(FileError) in try journal.append(lines) }
    }
    if case .failure(let error) = result {
      // A full disk leaves a defined state: durable lines stay, and the others are written again when there is space.
      if [.noSpace, .diskQuotaExceeded].contains(error.code) {
        // A failed mend is retried before the next change.
        _ = mend()
        return full(error)
      }
      let failure = RegistryStoreError(
        .stopped,
        "write to '\(paths.journal)': \(error); nothing that was acknowledged is lost; mend that and start again")
      durable.withLock { $0.failure = failure }
      return failure
    }
    return nil
  }

  // MARK: Folding

  /// Begins a new journal, and writes the document while writers continue.
  private func foldIfGrown() {
    let length = journal.withLock { $0.length }
    let isDue = durable.withLock { durable in
      length > durable.folding.nextLength && durable.folding.task == nil && !durable.isClosed
        && durable.failure == nil
    }
    guard isDue else { return }
    do throws(FileError) {
      // A journal that an earlier fold has set aside must be in the document before another is set aside.
      if durable.withLock({ !$0.folding.isPreviousThere }) { try beginJournal() }
    } catch {
      // The old journal is complete and still written to.
      failedToFold(error)
      return
    }
    durable.withLock { durable in
      let (table, head) = (durable.table, durable.head)
      durable.folding.isPreviousThere = true
      durable.folding.task = Task { await self.fold(table, head) }
    }
  }

  private func beginJournal() throws(FileError) {
    try journal.withLock { journal throws(FileError) in
      if !journal.isSetAside {
        try paths.files.rename(paths.journal, to: paths.previousJournal)
        journal.isSetAside = true
      }
      // Makes both names durable, before a change is acknowledged in the new one.
      let next = try TableJournal(paths, wholeLength: 0)
      let old = journal
      journal = next
      try old.close()
    }
  }

  private func fold(_ table: FlatTable<Row>, _ head: TableHead) async {
    let paths = paths
    do {
      let documentLength = try await pool.run { _ in
        let length = try TableDocument(paths: paths, table: table, head: head).write()
        // If a crash brings it back, its lines and the journal's repeat the document.
        try paths.files.unlink(paths.previousJournal)
        return length
      }
      durable.withLock { durable in
        durable.folding = Folding(nextLength: max(foldBytes, documentLength / 2))
      }
    } catch {
      failedToFold(error)
    }
  }

  private func failedToFold(_ error: any Error) {
    let length = journal.withLock { $0.length }
    durable.withLock { durable in
      durable.folding.task = nil
      durable.folding.failure = RegistryStoreError(
        .fileSystem, "fold '\(paths.journal)' into '\(paths.document)': \(error); it is tried again, nothing is lost")
      durable.folding.nextLength = length + foldBytes
    }
  }

  /// Waits for the fold that is under way.
  func settle() async { await durable.withLock { $0.folding.task }?.value }

  /// Waits for pending writes and closes the journal. Later changes fail.
  func close() async {
    durable.withLock { durable in
      durable.isClosed = true
      durable.failure =
        durable.failure ?? RegistryStoreError(.stopped, "change '\(paths.document)': the registry was closed")
    }
    await settle()
    // All of it was synchronised; a failing close loses nothing.
    try? journal.withLock { try $0.close() }
  }
}

/// Drafted changes: rows, head, and their journal lines.
struct DraftedChanges<Row: FlatRow>: Sendable {
  let rows: [(key: String, row: Row?)]
  let head: TableHead
  let lines: [UInt8]
}

/// The changes of a group to a table, with their journal lines.
struct TableDraft<Row: FlatRow>: Sendable {
  private let table: FlatTable<Row>
  private(set) var head: TableHead
  private let idKey: [UInt8]
  private var overlay: [[UInt8]: Row?] = [:]
  /// The members of the lines.
  private var lines: [[UInt8]] = []
  /// The overlay's values before the current change.
  private var undo: [(key: [UInt8], row: Row??)] = []

  init(table: FlatTable<Row>, head: TableHead, idKey: [UInt8]) {
    self.table = table
    self.head = head
    self.idKey = idKey
  }

  var drafted: DraftedChanges<Row> {
    // In order of their keys: rows with equal index keys are ordered by insertion, which must be the same in every run.
    let rows = overlay.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    var text: [UInt8] = []
    for (number, members) in lines.enumerated() {
      TableJournal.append(members, groupOf: number == 0 ? lines.count : nil, to: &text)
    }
    return DraftedChanges(
      rows: rows.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }, head: head, lines: text)
  }

  /// Makes a change atomically: when it throws, nothing is changed. A change that is not lasting writes no line.
  mutating func attempt(_ change: (inout TableDraft) throws -> Void, isLasting: Bool) throws {
    let (head, length) = (head, lines.count)
    undo.removeAll(keepingCapacity: true)
    do {
      try change(&self)
      if !isLasting { lines.removeSubrange(length...) }
    } catch {
      self.head = head
      lines.removeSubrange(length...)
      for (key, row) in undo.reversed() { overlay[key] = row }
      throw error
    }
  }

  func row(_ key: String) -> Row? {
    if let changed = overlay[Array(key.utf8)] { return changed }
    return table.row(key)
  }

  mutating func nextNumber() -> UInt64 {
    defer { head.nextNumber += 1 }
    return head.nextNumber
  }

  private mutating func lay(_ key: String, _ row: Row?) {
    let key = Array(key.utf8)
    undo.append((key, overlay.updateValue(row, forKey: key)))
  }

  mutating func set(_ row: Row) {
    lay(row.key, row)
    lines.append(Self.members(of: row, idKey))
  }

  mutating func remove(_ key: String) {
    lay(key, nil)
    var members: [UInt8] = []
    JSONText.append("removed", key, to: &members)
    lines.append(members)
  }

  /// Gives a row another key, in one line, so that a torn group cannot lose the row.
  mutating func replace(_ key: String, with row: Row) {
    lay(key, nil)
    lay(row.key, row)
    var members = Self.members(of: row, idKey)
    members.append(UInt8(ascii: ","))
    JSONText.append("removed", key, to: &members)
    lines.append(members)
  }

  mutating func set(cursor: Cursor) {
    head.cursor = cursor
    var members: [UInt8] = []
    JSONText.append("cursor", cursor.description, to: &members)
    lines.append(members)
  }

  private static func members(of row: Row, _ idKey: [UInt8]) -> [UInt8] {
    var members = Array("\"entry\":".utf8)
    row.append(to: &members, idKey: idKey)
    return members
  }
}
