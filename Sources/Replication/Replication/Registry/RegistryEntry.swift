/// A secondary's state of one replicable: Geo's registry columns under their names in files, and Remora's own.
///
/// A value: it changes by the inputs of its two state machines (`RegistryEntry+sync.swift`,
/// `RegistryEntry+verification.swift`) and of the object check (`RegistryEntry+check.swift`), only. Callers save the
/// result before they act on it, except for starts of jobs, which a crash undoes anyway (`changeUntilRestart`).
public struct RegistryEntry: Hashable, Sendable {
  /// Growing, never reused; assigned by the registry.
  public package(set) var id: UInt64
  /// Which replicable.
  public package(set) var replicableID: ReplicableID
  /// When the entry was made.
  public package(set) var createdAt: Timestamp

  /// The state of the sync.
  public package(set) var state: SyncState = .pending
  /// When the last attempt began (Geo's meaning of the column), `nil` before the first.
  public package(set) var lastSyncedAt: Timestamp?
  /// When the last sync that succeeded ended; `nil` when none did.
  public package(set) var lastSuccessAt: Timestamp?
  /// When a failed sync is due again; `nil` is now.
  public package(set) var retryAt: Timestamp?
  /// Failures since the last success.
  public package(set) var retryCount = 0
  /// Why the last sync failed, at most 255 characters.
  public package(set) var lastSyncFailure: String?
  /// Whether the next sync downloads the complete content into a new copy beside the old one.
  public package(set) var forceToRedownload = false
  /// An operator restored the copy from the trash, and the primary has not been found to have it since. Only an
  /// operator may have it removed again.
  public package(set) var isRestored = false
  /// Since when the copy's removal waits for a confirmation: until then it is neither synced nor verified. `nil` when
  /// none waits.
  public package(set) var removalWaitingSince: Timestamp?
  /// The primary answered that it does not have it.
  public package(set) var missingOnPrimary = false
  /// Why the primary does not offer it; `nil` when it does. An entry that is not offered is pending, and not due.
  public package(set) var notOffered: NotOffered?
  /// When this site recorded that.
  public package(set) var notOfferedAt: Timestamp?

  /// The state of the verification.
  public package(set) var verificationState: VerificationState = .disabled
  /// When the last verification ended.
  public package(set) var verifiedAt: Timestamp?
  /// When the last verification began.
  public package(set) var verificationStartedAt: Timestamp?
  /// When a failed verification is due again; `nil` is now.
  public package(set) var verificationRetryAt: Timestamp?
  /// Failed verifications since the last success.
  public package(set) var verificationRetryCount = 0
  /// The copy's digest at the last verification.
  public package(set) var verificationChecksum: Checksum?
  /// The primary's digest, where the two differed.
  public package(set) var verificationChecksumMismatched: Checksum?
  /// The last verification found a difference.
  public package(set) var checksumMismatch = false
  /// Why the last verification failed, at most 255 characters.
  public package(set) var verificationFailure: String?

  /// Which incarnation the copy is of, or will be of after the next sync; `nil` until it is known.
  public package(set) var incarnation: Incarnation?
  /// The event up to which the copy is wanted.
  public package(set) var wanted: Generation?
  /// The last event up to which the copy is complete.
  public package(set) var held: Generation?
  /// When the oldest announced change was published that is not verified yet; `nil` when all are verified. The start of
  /// the replication lag.
  public package(set) var announcedAt: Timestamp?
  /// When the copy's objects were last checked.
  public package(set) var checkedAt: Timestamp?
  /// What that check found, at most 255 characters.
  public package(set) var checkFailure: String?
  /// Checks in a row that found something.
  public package(set) var checkRetryCount = 0
  /// Whether a check was requested, independent of the interval.
  public package(set) var isCheckWanted = false

  /// A new entry, pending.
  public init(
    id: UInt64, replicableID: ReplicableID, createdAt: Timestamp, incarnation: Incarnation? = nil,
    wanted: Generation? = nil
  ) {
    self.id = id
    self.replicableID = replicableID
    self.createdAt = createdAt
    self.incarnation = incarnation
    self.wanted = wanted
    announcedAt = createdAt
  }

  /// The maximum length of a failure in files and columns, in characters.
  public static let failureLength = 255
}

extension RegistryEntry {
  /// Returns a failure as stored in the columns: its first 255 Unicode scalars, because one character may have any
  /// number of them.
  static func shortened(_ message: String) -> String {
    String(String.UnicodeScalarView(message.unicodeScalars.prefix(failureLength)))
  }

  /// Returns the time as the mark of an attempt: it differs from the previous attempt's, even if both began in one
  /// millisecond.
  static func distinct(_ now: Timestamp, from last: Timestamp?) -> Timestamp {
    now == last ? now + .milliseconds(1) : now
  }
}
