internal import DurableFiles
package import Replication
internal import SystemPackage
package import WorkerPool

/// The primary states of one kind in flat files (`<state>/verification/<name>_states.json` and its journal); see
/// `PrimaryStateStoring` for each call's guarantees, and `FlatStore` for what survives a crash.
package final class DurablePrimaryStates: PrimaryStateStoring {
  private let store: FlatStore<StateRow>

  /// Torn, unacknowledged tails that were dropped at open: 0 or 1.
  package var tornLines: Int { store.tornLines }

  /// Why the last fold of the journal into the document failed; `nil` when it succeeded. A failure loses nothing.
  package var foldingFailure: RegistryStoreError? { store.foldingFailure }

  /// Waits for the running fold.
  package func settle() async { await store.settle() }

  /// Opens or creates the states of a kind; parameters and errors as of `DurableRegistry.open`.
  package static func open(
    _ name: ReplicableName, in directory: StateDirectory, pool: WorkerPool, foldBytes: Int64 = 64 << 20
  ) async throws -> DurablePrimaryStates {
    let paths = TableFiles(
      directory: directory.verification, name: "\(name)_states", replicableName: name.text, files: directory.files)
    return DurablePrimaryStates(try await pool.run { _ in try FlatStore(paths, pool: pool, foldBytes: foldBytes) })
  }

  private init(_ store: FlatStore<StateRow>) { self.store = store }

  /// Waits for pending writes; later changes fail.
  package func close() async { await store.close() }

  package func state(of id: ReplicableID) async throws -> PrimaryState? {
    store.read { table, _ in table.row(id.text)?.state }
  }

  package func state(of incarnation: Incarnation) async throws -> PrimaryState? {
    first(.incarnation, Int64(bitPattern: incarnation.value)) { $0.incarnation == incarnation }
  }

  package func state(of identity: FileIdentity) async throws -> PrimaryState? {
    first(.inode, Int64(bitPattern: identity.inode)) { $0.identity?.matches(identity) == true }
  }

  private func first(
    _ question: IndexKey.Question, _ order: Int64, _ isWanted: (PrimaryState) -> Bool
  ) -> PrimaryState? {
    store.read { table, _ in
      var found: PrimaryState?
      table.answer(question, from: order) { position, row in
        guard position == order else { return false }
        if isWanted(row.state) { found = row.state }
        return found == nil
      }
      return found
    }
  }

  package func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout PrimaryState?) throws -> Answer
  ) async throws -> Answer {
    let answer = AnswerBox<Answer>()
    try await store.change { draft in answer.set(try Self.apply(id, to: &draft, change)) }
    return answer.value
  }

  package func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws {
    try await changeAll(ids, isLasting: true, change)
  }

  package func changeAllUntilRestart(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws {
    try await changeAll(ids, isLasting: false, change)
  }

  private func changeAll(
    _ ids: [ReplicableID], isLasting: Bool,
    _ change: @escaping @Sendable (ReplicableID, inout PrimaryState?) throws -> Void
  ) async throws {
    guard !ids.isEmpty else { return }
    try await store.change(isLasting: isLasting) { draft in
      for id in ids { try Self.apply(id, to: &draft) { try change(id, &$0) } }
    }
  }

  private static func apply<Answer>(
    _ id: ReplicableID, to draft: inout TableDraft<StateRow>, _ change: (inout PrimaryState?) throws -> Answer
  ) throws -> Answer {
    let row = draft.row(id.text)
    var state = row?.state
    let answer = try change(&state)
    guard state != row?.state else { return answer }
    if let state {
      precondition(state.replicableID == id, "a change does not give a state another id")
      draft.set(StateRow(state, replacing: row))
    } else {
      draft.remove(id.text)
    }
    return answer
  }

  package func dueForChecksum(at now: Timestamp, limit: Int) async throws -> [PrimaryState] {
    store.read { table, _ in
      var due = table.first(limit, .verificationPending)
      due += table.firstDue(limit - due.count, .verificationFailed, at: now) { $0.isDue(at: now) }
      return due.map(\.state)
    }
  }

  package func verified(before moment: Timestamp, limit: Int) async throws -> [PrimaryState] {
    store.read { table, _ in table.first(limit, .verified, before: moment.milliseconds).map(\.state) }
  }

  package func started() async throws -> [PrimaryState] {
    store.read { table, _ in table.first(.max, .started).map(\.state) }
  }

  package func window(after id: ReplicableID?, limit: Int) async throws -> [PrimaryState] {
    store.read { table, _ in table.window(after: id?.text, limit: limit).map(\.state) }
  }

  package func all(in state: VerificationState, most: Int) async throws -> [PrimaryState]? {
    let question: IndexKey.Question? =
      switch state {
      case .pending: .verificationPending
      case .started: .started
      case .succeeded: .verified
      case .failed: .verificationFailed
      // `disabled` does not occur on a primary.
      case .disabled: nil
      }
    guard let question else { return [] }
    return store.read { table, _ in
      guard table.counts[EntryRow.counter(state)] <= most else { return nil }
      return table.first(.max, question).map(\.state)
    }
  }

  package func counts() async throws -> [VerificationState: Int] {
    store.read { table, _ in
      var counts: [VerificationState: Int] = [:]
      for state in VerificationState.allCases {
        let count = table.counts[EntryRow.counter(state)]
        if count > 0 { counts[state] = count }
      }
      return counts
    }
  }

  package func notOfferedCounts() async throws -> [NotOffered: Int] {
    store.read { table, _ in
      var counts: [NotOffered: Int] = [:]
      for reason in NotOffered.allCases {
        let count = table.counts[EntryRow.counter(reason)]
        if count > 0 { counts[reason] = count }
      }
      return counts
    }
  }

  package func notOffered(limit: Int) async throws -> [PrimaryState] {
    store.read { table, _ in table.first(limit, .notOffered).map(\.state) }
  }
}
