package import Replication

/// A notification from a hook, a webhook or an operator that was spooled because the agent did not answer. It has the
/// Git host's names; the agent turns it into an event of the framework.
package struct SpooledEvent: Hashable, Sendable {
  /// The Git host's event.
  package enum Word: String, Sendable, CaseIterable {
    case push, update, destroy
  }

  /// What happened.
  package var word: Word
  /// The kind.
  package var replicableName: ReplicableName
  /// The replicable's id.
  package var id: ReplicableID
  /// The ref changes of a push, where the hook received them.
  package var changes: [RefMove]
  /// How many changes the writer left out because the file would have become too large.
  package var changesLeftOut: Int
  /// Correlates the effects of one push; may be empty.
  package var correlationID: String
  /// When the notification was made.
  package var time: Timestamp

  package init(
    word: Word, replicableName: ReplicableName, id: ReplicableID, changes: [RefMove] = [], changesLeftOut: Int = 0,
    correlationID: String = "", time: Timestamp
  ) {
    self.word = word
    self.replicableName = replicableName
    self.id = id
    self.changes = changes
    self.changesLeftOut = changesLeftOut
    self.correlationID = correlationID
    self.time = time
  }
}
