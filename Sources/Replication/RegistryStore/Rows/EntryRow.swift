internal import Replication
internal import TextBytes

/// A registry entry in memory: about 190 bytes and its id, where `RegistryEntry` takes some 400. Seldom-used members
/// are stored separately.
struct EntryRow: FlatRow {
  /// The seldom-used members of an entry: failures, reasons, and unknown members of other writers.
  final class Rare: Sendable {
    let lastSyncFailure: String?
    let verificationFailure: String?
    let checkFailure: String?
    let mismatched: Checksum?
    let notOffered: NotOffered?
    let notOfferedAt: Moment
    let removalWaitingSince: Moment
    let unknown: [[UInt8]]

    init(
      lastSyncFailure: String?, verificationFailure: String?, checkFailure: String?, mismatched: Checksum?,
      notOffered: NotOffered?, notOfferedAt: Moment, removalWaitingSince: Moment, unknown: [[UInt8]]
    ) {
      self.lastSyncFailure = lastSyncFailure
      self.verificationFailure = verificationFailure
      self.checkFailure = checkFailure
      self.mismatched = mismatched
      self.notOffered = notOffered
      self.notOfferedAt = notOfferedAt
      self.removalWaitingSince = removalWaitingSince
      self.unknown = unknown
    }
  }

  let key: String
  let number: UInt64
  let createdAt: Timestamp
  let lastSyncedAt, lastSuccessAt, retryAt, verifiedAt, verificationStartedAt, verificationRetryAt: Moment
  let announcedAt, checkedAt: Moment
  let wanted, held: StoredGeneration
  let incarnation: Incarnation?
  let checksum: Checksum?
  let retryCount, verificationRetryCount: UInt32
  let checkRetryCount: UInt16
  let state: SyncState
  let verificationState: VerificationState
  let forceToRedownload, missingOnPrimary, checksumMismatch, isCheckWanted, isRestored: Bool
  let rare: Rare?

  init(_ entry: RegistryEntry, replacing old: EntryRow?) { self.init(entry, unknown: old?.rare?.unknown ?? []) }

  init(_ entry: RegistryEntry, unknown: [[UInt8]]) {
    key = entry.replicableID.text
    number = entry.id
    createdAt = entry.createdAt
    lastSyncedAt = Moment(entry.lastSyncedAt)
    lastSuccessAt = Moment(entry.lastSuccessAt)
    retryAt = Moment(entry.retryAt)
    verifiedAt = Moment(entry.verifiedAt)
    verificationStartedAt = Moment(entry.verificationStartedAt)
    verificationRetryAt = Moment(entry.verificationRetryAt)
    announcedAt = Moment(entry.announcedAt)
    checkedAt = Moment(entry.checkedAt)
    wanted = StoredGeneration(entry.wanted)
    held = StoredGeneration(entry.held)
    incarnation = entry.incarnation
    checksum = entry.verificationChecksum
    retryCount = UInt32(clamping: entry.retryCount)
    verificationRetryCount = UInt32(clamping: entry.verificationRetryCount)
    state = entry.state
    verificationState = entry.verificationState
    forceToRedownload = entry.forceToRedownload
    missingOnPrimary = entry.missingOnPrimary
    checksumMismatch = entry.checksumMismatch
    checkRetryCount = UInt16(clamping: entry.checkRetryCount)
    isCheckWanted = entry.isCheckWanted
    isRestored = entry.isRestored
    let isRare =
      entry.lastSyncFailure != nil || entry.verificationFailure != nil || entry.checkFailure != nil
      || entry.verificationChecksumMismatched != nil || entry.notOffered != nil || entry.removalWaitingSince != nil
      || !unknown.isEmpty
    rare =
      isRare
      ? Rare(
        lastSyncFailure: entry.lastSyncFailure, verificationFailure: entry.verificationFailure,
        checkFailure: entry.checkFailure, mismatched: entry.verificationChecksumMismatched,
        notOffered: entry.notOffered, notOfferedAt: Moment(entry.notOfferedAt),
        removalWaitingSince: Moment(entry.removalWaitingSince), unknown: unknown) : nil
  }

  var value: RegistryEntry {
    // An id that was refused when the file was read never comes here.
    guard let id = try? ReplicableID(key) else { preconditionFailure("a row has a valid id") }
    var entry = RegistryEntry(id: number, replicableID: id, createdAt: createdAt, incarnation: incarnation)
    entry.state = state
    entry.lastSyncedAt = lastSyncedAt.timestamp
    entry.lastSuccessAt = lastSuccessAt.timestamp
    entry.notOffered = rare?.notOffered
    entry.notOfferedAt = rare?.notOfferedAt.timestamp
    entry.retryAt = retryAt.timestamp
    entry.retryCount = Int(retryCount)
    entry.lastSyncFailure = rare?.lastSyncFailure
    entry.forceToRedownload = forceToRedownload
    entry.missingOnPrimary = missingOnPrimary
    entry.verificationState = verificationState
    entry.verifiedAt = verifiedAt.timestamp
    entry.verificationStartedAt = verificationStartedAt.timestamp
    entry.verificationRetryAt = verificationRetryAt.timestamp
    entry.verificationRetryCount = Int(verificationRetryCount)
    entry.verificationChecksum = checksum
    entry.verificationChecksumMismatched = rare?.mismatched
    entry.checksumMismatch = checksumMismatch
    entry.verificationFailure = rare?.verificationFailure
    entry.wanted = wanted.generation
    entry.held = held.generation
    entry.announcedAt = announcedAt.timestamp
    entry.checkedAt = checkedAt.timestamp
    entry.checkFailure = rare?.checkFailure
    entry.checkRetryCount = Int(checkRetryCount)
    entry.isCheckWanted = isCheckWanted
    entry.isRestored = isRestored
    entry.removalWaitingSince = rare?.removalWaitingSince.timestamp
    return entry
  }
}
