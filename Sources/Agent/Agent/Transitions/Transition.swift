internal import AgentAPI
internal import Replication
internal import Synchronization

/// A change of an entry, or of a primary's state, for display.
struct Transition: Hashable, Sendable {
  /// The status of one replicable, as shown in lists.
  struct Standing: Hashable, Sendable {
    let state: SyncState?
    let verificationState: VerificationState
    let message: String?

    init(_ entry: RegistryEntry) {
      state = entry.state
      verificationState = entry.verificationState
      message =
        entry.state == .failed
        ? entry.lastSyncFailure : entry.verificationState == .failed ? entry.verificationFailure : entry.checkFailure
    }

    init(_ primary: PrimaryState) {
      state = nil
      verificationState = primary.verificationState
      message = primary.verificationState == .failed ? primary.verificationFailure : nil
    }
  }

  let name: ReplicableName
  let id: ReplicableID
  let before: Standing?
  let after: Standing?

  /// `nil` where no listed value has changed.
  init?(_ name: ReplicableName, _ id: ReplicableID, from before: Standing?, to after: Standing?) {
    guard before != after else { return nil }
    self.name = name
    self.id = id
    self.before = before
    self.after = after
  }

  func row(at moment: Timestamp) -> TransitionRow {
    var row = TransitionRow(at: "\(moment)", replicableName: name.text, modelRecordId: id.text)
    row.oldState = (before?.state?.rawValue).map(Word.init)
    row.state = (after?.state?.rawValue).map(Word.init)
    row.oldVerificationState = (before?.verificationState.rawValue).map(Word.init)
    row.verificationState = (after?.verificationState.rawValue).map(Word.init)
    row.message = after?.message
    return row
  }
}

/// Collects the transitions of a change while it is made, for publication once it is durable.
final class TransitionNotes: Sendable {
  private let notes = Mutex<[Transition]>([])

  func add(_ transition: Transition?) {
    guard let transition else { return }
    notes.withLock { $0.append(transition) }
  }

  var all: [Transition] { notes.withLock { $0 } }
}
