package import AgentAPI
internal import Replication
internal import Synchronization

/// A change of an entry, or of a primary's state, for display.
struct Transition: Hashable, Sendable {
  /// The status of one replicable, as shown in lists.
  struct ReplicableStatus: Hashable, Sendable {
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
  let before: ReplicableStatus?
  let after: ReplicableStatus?

  /// `nil` where no listed value has changed.
  init?(_ name: ReplicableName, _ id: ReplicableID, from before: ReplicableStatus?, to after: ReplicableStatus?) {
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

/// A transition with its number in this run of the agent.
package struct NumberedTransition: Sendable {
  /// Counts from 1.
  package let number: UInt64
  package let row: TransitionRow
}

/// One reader of live transitions. It holds one of a few slots until `end`, or until it is released.
package final class TransitionListener: Sendable {
  /// The transitions since, the oldest first, as far as they are kept.
  package let batches: AsyncStream<[NumberedTransition]>
  /// The number of the last transition before those of `batches`.
  package let start: UInt64
  /// Whether the reader's position was of another run of the agent, so that the missed transitions are unknown.
  package let isReset: Bool
  /// The run of the agent, in event ids.
  package let run: String
  private let leave: @Sendable () -> Void

  init(
    batches: AsyncStream<[NumberedTransition]>, start: UInt64, isReset: Bool, run: String,
    leave: @escaping @Sendable () -> Void
  ) {
    self.batches = batches
    self.start = start
    self.isReset = isReset
    self.run = run
    self.leave = leave
  }

  deinit { leave() }

  /// The id of the event of a transition: `RUN-NUMBER`.
  package func id(_ number: UInt64) -> String { "\(run)-\(number)" }

  /// Releases the slot. Calling it again does nothing.
  package func end() { leave() }
}
