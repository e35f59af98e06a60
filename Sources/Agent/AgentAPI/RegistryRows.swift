/// One entry of a secondary's registry: the seeds' columns under their names, and ours.
package struct RegistryRow: Codable, Hashable, Sendable {
  /// The kind.
  package var replicableName: String
  /// The entry's number; growing, never reused.
  package var id: UInt64
  /// The id of the replicable within its kind.
  package var modelRecordId: String
  /// RFC 3339, UTC, as all times here.
  package var createdAt: String
  /// The state of its sync.
  package var state: Word<SyncWord>
  /// When the last sync began.
  package var lastSyncedAt: String?
  /// When the last sync that succeeded ended.
  package var lastSuccessAt: String?
  /// When a failed sync is due again.
  package var retryAt: String?
  /// Failures since the last success.
  package var retryCount: Int
  /// Why the last sync failed.
  package var lastSyncFailure: String?
  /// The next sync fetches everything anew.
  package var forceToRedownload: Bool
  /// The primary said that it does not have it.
  package var missingOnPrimary: Bool
  /// Why the primary does not offer it: `excluded`, `unavailable` or `broken`. Then it is neither synced nor verified.
  package var notOffered: Word<NotReplicatedReason>?
  /// When this site recorded that.
  package var notOfferedAt: String?
  /// An operator restored it from the trash, and the primary has not been found to have it since.
  package var isRestored: Bool
  /// The state of its verification.
  package var verificationState: Word<VerificationWord>
  /// When the last verification ended.
  package var verifiedAt: String?
  /// When the last verification began.
  package var verificationStartedAt: String?
  /// When a failed verification is due again.
  package var verificationRetryAt: String?
  /// Failed verifications since the last success.
  package var verificationRetryCount: Int
  /// The copy's digest at the last verification.
  package var verificationChecksum: String?
  /// The primary's digest, where the two differed.
  package var verificationChecksumMismatched: String?
  /// The last verification found a difference.
  package var checksumMismatch: Bool
  /// Why the last verification failed.
  package var verificationFailure: String?
  /// 16 hexadecimal digits.
  package var incarnation: String?
  /// `LOG:ID`: up to which event the copy is asked for.
  package var wanted: String?
  /// `LOG:ID`: up to which event it is complete.
  package var held: String?
  /// Since when something was announced that no verification has seen.
  package var announcedAt: String?
  /// When the copy's objects were last checked.
  package var checkedAt: String?
  /// What that check found.
  package var checkFailure: String?
  /// Checks in a row that found something.
  package var checkRetryCount: Int

  /// A new, pending row; the rest is set by name.
  package init(replicableName: String, id: UInt64, modelRecordId: String, createdAt: String) {
    self.replicableName = replicableName
    self.id = id
    self.modelRecordId = modelRecordId
    self.createdAt = createdAt
    state = .known(.pending)
    retryCount = 0
    forceToRedownload = false
    missingOnPrimary = false
    isRestored = false
    verificationState = .known(.disabled)
    verificationRetryCount = 0
    checksumMismatch = false
    checkRetryCount = 0
  }
}

/// A primary's state of one of its replicables.
package struct PrimaryStateRow: Codable, Hashable, Sendable {
  /// The kind.
  package var replicableName: String
  /// The id within the kind.
  package var modelRecordId: String
  /// 16 hexadecimal digits.
  package var incarnation: String
  /// `LOG:ID` of the last event about it.
  package var generation: String?
  /// The state of its checksum.
  package var verificationState: Word<VerificationWord>
  /// Why it is not offered to secondaries: `excluded`, `unavailable` or `broken`. Then its checksum is not read.
  package var notOffered: Word<NotReplicatedReason>?
  /// The reason in words, where it is broken.
  package var notOfferedReason: String?
  /// When the last reading ended.
  package var verifiedAt: String?
  /// When a failed reading is due again.
  package var verificationRetryAt: String?
  /// Failures since the last success.
  package var verificationRetryCount: Int
  /// The last digest.
  package var verificationChecksum: String?
  /// Why the last reading failed.
  package var verificationFailure: String?

  /// A row; the rest is set by name.
  package init(
    replicableName: String, modelRecordId: String, incarnation: String, verificationState: Word<VerificationWord>
  ) {
    self.replicableName = replicableName
    self.modelRecordId = modelRecordId
    self.incarnation = incarnation
    self.verificationState = verificationState
    verificationRetryCount = 0
  }
}

/// A part of a registry.
package struct RegistryPage: Codable, Hashable, Sendable {
  /// On a secondary.
  package var entries: [RegistryRow]?
  /// On a primary.
  package var states: [PrimaryStateRow]?
  /// Where to go on, to be given back as `after`; `nil` at the end.
  package var next: String?
  /// Where to go back, to be given back as `before`; `nil` at the beginning, and where only `after` is available.
  package var previous: String?
  /// How many fit the filters in all; `nil` where this is not counted.
  package var count: Int?

  /// A page.
  package init(entries: [RegistryRow]? = nil, states: [PrimaryStateRow]? = nil, next: String?) {
    self.entries = entries
    self.states = states
    self.next = next
  }
}

/// An action on entries; the body of a `POST` to the registry's actions.
package struct RegistryAction: Codable, Hashable, Sendable {
  /// What is asked for.
  package var action: Word<RegistryOrder>
  /// To these; `nil` is all of the kind that fit `state`.
  package var ids: [String]?
  /// With no ids: only entries whose sync (for `reverify`: verification) stands here, such as `failed`; for `recheck`
  /// any word means those that were found damaged.
  package var state: Word<UnfinishedWord>?

  /// An action.
  package init(action: Word<RegistryOrder>, ids: [String]? = nil, state: Word<UnfinishedWord>? = nil) {
    self.action = action
    self.ids = ids
    self.state = state
  }

  /// An action that this version knows.
  package init(_ action: RegistryOrder, ids: [String]? = nil, state: UnfinishedWord? = nil) {
    self.init(action: .known(action), ids: ids, state: state.map { .known($0) })
  }
}

/// How many it was done to.
package struct ActionAnswer: Codable, Hashable, Sendable {
  /// Entries that were found.
  package var count: Int

  /// An answer.
  package init(count: Int) { self.count = count }
}
