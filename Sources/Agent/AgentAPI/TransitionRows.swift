/// What happened to one replicable lately.
package struct TransitionPage: Codable, Hashable, Sendable {
  /// The newest first.
  package var transitions: [TransitionRow]

  /// A page.
  package init(transitions: [TransitionRow]) { self.transitions = transitions }
}

/// A change of an entry's state, or of a primary's state of a replicable.
package struct TransitionRow: Codable, Hashable, Sendable {
  /// When. RFC 3339, UTC.
  package var at: String
  /// The kind.
  package var replicableName: String
  /// The id.
  package var modelRecordId: String
  /// The sync before; `nil` where it was not tracked, and on a primary.
  package var oldState: Word<SyncWord>?
  /// The sync after; `nil` where it is no longer tracked, and on a primary.
  package var state: Word<SyncWord>?
  /// The verification before.
  package var oldVerificationState: Word<VerificationWord>?
  /// The verification after.
  package var verificationState: Word<VerificationWord>?
  /// Why it failed, where it failed.
  package var message: String?

  /// A transition; the rest is set by name.
  package init(at: String, replicableName: String, modelRecordId: String) {
    self.at = at
    self.replicableName = replicableName
    self.modelRecordId = modelRecordId
  }
}
