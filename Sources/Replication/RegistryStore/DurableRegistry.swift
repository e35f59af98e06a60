internal import DurableFiles
package import Replication
internal import Synchronization
internal import SystemPackage
package import WorkerPool

/// The registry of one kind in flat files (`<state>/registries/<name>_registry.json` and its journal); see
/// `RegistryStoring` for each call's guarantees, and `FlatStore` for what survives a crash.
package final class DurableRegistry: RegistryStoring {
  private let store: FlatStore<EntryRow>

  /// Torn, unacknowledged tails that were dropped at open: 0 or 1.
  package var tornLines: Int { store.tornLines }

  /// Why the last fold of the journal into the document failed; `nil` when it succeeded. A failure loses nothing.
  package var foldingFailure: RegistryStoreError? { store.foldingFailure }

  /// Waits for the running fold.
  package func settle() async { await store.settle() }

  /// Opens or creates the registry of a kind.
  ///
  /// - Parameters:
  ///   - directory: the state directory, whose lock its owner holds.
  ///   - pool: where files are read and written; the caller owns it, and must keep it until `close` has returned.
  ///   - foldBytes: a journal larger than this is folded into the document, while writers continue.
  /// - Throws: `RegistryStoreError`: `damaged`, `newerFormat` (nothing was changed), `fileSystem`.
  package static func open(
    _ name: ReplicableName, in directory: StateDirectory, pool: WorkerPool, foldBytes: Int64 = 64 << 20
  ) async throws -> DurableRegistry {
    let paths = TableFiles(
      directory: directory.registries, name: "\(name)_registry", replicableName: name.text, files: directory.files)
    return DurableRegistry(try await pool.run { _ in try FlatStore(paths, pool: pool, foldBytes: foldBytes) })
  }

  private init(_ store: FlatStore<EntryRow>) { self.store = store }

  /// Waits for pending writes; later changes fail.
  package func close() async { await store.close() }

  package func entry(of id: ReplicableID) async throws -> RegistryEntry? {
    store.read { table, _ in table.row(id.text)?.value }
  }

  package func entry(of incarnation: Incarnation) async throws -> RegistryEntry? {
    store.read { table, _ in
      var found: RegistryEntry?
      let order = Int64(bitPattern: incarnation.value)
      table.answer(.incarnation, from: order) { position, row in
        if position == order { found = row.value }
        return false
      }
      return found
    }
  }

  package func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?, NewEntry) throws -> Answer
  ) async throws -> Answer {
    let answer = AnswerBox<Answer>()
    try await store.change { draft in answer.set(try Self.apply(id, to: &draft, change)) }
    return answer.value
  }

  package func changeUntilRestart<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?) throws -> Answer
  ) async throws -> Answer {
    let answer = AnswerBox<Answer>()
    try await store.change(isLasting: false) { draft in
      answer.set(try Self.apply(id, to: &draft) { entry, _ in try change(&entry) })
    }
    return answer.value
  }

  package func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout RegistryEntry?, NewEntry) throws -> Void
  ) async throws {
    guard !ids.isEmpty else { return }
    try await store.change { draft in
      for id in ids { try Self.apply(id, to: &draft) { try change(id, &$0, $1) } }
    }
  }

  private static func apply<Answer>(
    _ id: ReplicableID, to draft: inout TableDraft<EntryRow>,
    _ change: (inout RegistryEntry?, NewEntry) throws -> Answer
  ) throws -> Answer {
    let row = draft.row(id.text)
    let before = row?.value
    var entry = before
    let numbers = NumberBox(draft.head.nextNumber)
    let answer = try change(&entry, NewEntry { numbers.take() })
    while draft.head.nextNumber < numbers.next { _ = draft.nextNumber() }
    guard entry != before else { return answer }
    if let entry {
      precondition(entry.replicableID == id, "a change does not give an entry another id")
      draft.set(EntryRow(entry, replacing: row))
    } else {
      draft.remove(id.text)
    }
    return answer
  }

  package func rename(_ id: ReplicableID, to newID: ReplicableID) async throws {
    try await store.change { draft in
      guard draft.row(newID.text) == nil else {
        throw RegistryStoreError(.occupied, "rename '\(id)' to '\(newID)': the new id is tracked already")
      }
      guard let row = draft.row(id.text) else { return }
      var entry = row.value
      entry.replicableID = newID
      draft.replace(id.text, with: EntryRow(entry, replacing: row))
    }
  }

  package func rename(_ moves: [CopyMove]) async throws {
    try await store.change { draft in
      var rows: [EntryRow] = []
      let old = moves.compactMap { move -> (move: CopyMove, row: EntryRow)? in
        guard let row = draft.row(move.id.text), row.incarnation == move.incarnation else { return nil }
        return (move, row)
      }
      let leaving = Set(old.map(\.move.id))
      for (move, row) in old {
        guard leaving.contains(move.newID) || draft.row(move.newID.text) == nil else {
          throw RegistryStoreError(
            .occupied, "rename '\(move.id)' to '\(move.newID)': the new id is tracked already")
        }
        var entry = row.value
        entry.replicableID = move.newID
        rows.append(EntryRow(entry, replacing: row))
      }
      // A cycle of renames cannot be written as independent lines: all are removed, then all are set, in one group.
      for (move, _) in old { draft.remove(move.id.text) }
      for row in rows { draft.set(row) }
    }
  }

  package func dueForSync(at now: Timestamp, limit: Int) async throws -> [RegistryEntry] {
    store.read { table, _ in
      var due = table.first(limit, .pending)
      due += table.firstDue(limit - due.count, .failed, at: now) { $0.isDueForSync(at: now) }
      return due.map(\.value)
    }
  }

  package func dueForVerification(at now: Timestamp, limit: Int) async throws -> [RegistryEntry] {
    store.read { table, _ in
      var due = table.first(limit, .verificationPending)
      due += table.firstDue(limit - due.count, .verificationFailed, at: now) { $0.isDueForVerification(at: now) }
      return due.map(\.value)
    }
  }

  package func verified(before moment: Timestamp, limit: Int) async throws -> [RegistryEntry] {
    store.read { table, _ in table.first(limit, .verified, before: moment.milliseconds).map(\.value) }
  }

  package func dueForCheck(at now: Timestamp, interval: Duration, limit: Int) async throws -> [RegistryEntry] {
    store.read { table, _ in
      var due = table.firstDue(limit, .damaged, at: now) {
        !$0.isCheckWanted && $0.isDueForCheck(at: now, interval: interval)
      }
      due += table.first(limit - due.count, .checkWanted)
      due += table.firstDue(limit - due.count, .checked, at: Timestamp(milliseconds: .min)) {
        !$0.isCheckWanted && $0.checkedAt == nil
      }
      due += table.firstDue(limit - due.count, .checked, at: now - interval) {
        !$0.isCheckWanted && $0.checkedAt != nil && $0.checkFailure == nil
          && $0.isDueForCheck(at: now, interval: interval)
      }
      return due.map(\.value)
    }
  }

  package func started() async throws -> [RegistryEntry] {
    store.read { table, _ in table.first(.max, .started).map(\.value) }
  }

  package func longestUnverified() async throws -> RegistryEntry? {
    store.read { table, _ in table.first(1, .announced).first?.value }
  }

  package func notOffered(limit: Int) async throws -> [RegistryEntry] {
    store.read { table, _ in table.first(limit, .notOffered).map(\.value) }
  }

  package func window(after id: ReplicableID?, limit: Int) async throws -> [RegistryEntry] {
    store.read { table, _ in table.window(after: id?.text, limit: limit).map(\.value) }
  }

  package func part(_ query: RegistryQuery) async throws -> RegistryPart {
    store.read { table, _ in
      let part = table.part(query)
      return RegistryPart(entries: part.rows.map(\.value), hasMore: part.hasMore)
    }
  }

  package func count(_ query: RegistryQuery) async throws -> Int {
    store.read { table, _ in table.count(query) }
  }

  package func counts(at now: Timestamp) async throws -> RegistryCounts {
    store.read { table, _ in
      var counts = RegistryCounts()
      for state in SyncState.allCases {
        let count = table.counts[EntryRow.counter(state)]
        if count > 0 { counts.states[state] = count }
      }
      for state in VerificationState.allCases {
        let count = table.counts[EntryRow.counter(state)]
        if count > 0 { counts.verificationStates[state] = count }
      }
      for reason in NotOffered.allCases {
        let count = table.counts[EntryRow.counter(reason)]
        if count > 0 { counts.notOffered[reason] = count }
      }
      counts.mismatched = table.counts[EntryRow.mismatched]
      counts.missingOnPrimary = table.counts[EntryRow.missing]
      counts.damaged = table.counts[EntryRow.damaged]
      counts.copies = table.counts[EntryRow.copies]
      counts.unchecked = table.counts[EntryRow.unchecked]
      table.answer(.checked, from: Moment(nil).order + 1) { _, row in
        counts.oldestCheck = row.checkedAt.timestamp
        return false
      }
      counts.needsVerification =
        table.counts[EntryRow.needsVerification]
        + table.firstDue(.max, .verificationFailed, at: now) { $0.isDueForVerification(at: now) }.count
      return counts
    }
  }

  package func cursor() async throws -> Cursor? { store.read { _, head in head.cursor } }

  package func advance(to cursor: Cursor) async throws {
    try await store.change { draft in if draft.head.cursor != cursor { draft.set(cursor: cursor) } }
  }
}

/// Passes a change's result out of the thread that made it.
final class AnswerBox<Answer: Sendable>: Sendable {
  private let answer = Mutex<Answer?>(nil)

  func set(_ value: Answer) { answer.withLock { $0 = value } }

  /// The result of a change that was made.
  var value: Answer {
    guard let value = answer.withLock({ $0 }) else { preconditionFailure("a change that was made has an answer") }
    return value
  }
}

/// Numbers for the entries that one change makes.
final class NumberBox: Sendable {
  private let number: Mutex<UInt64>

  init(_ first: UInt64) { number = Mutex(first) }

  var next: UInt64 { number.withLock { $0 } }

  func take() -> UInt64 {
    number.withLock { number in
      defer { number += 1 }
      return number
    }
  }
}
