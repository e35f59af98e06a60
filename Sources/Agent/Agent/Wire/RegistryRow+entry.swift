internal import AgentAPI
internal import Replication

extension RegistryRow {
  init(_ entry: RegistryEntry, of name: ReplicableName) {
    self.init(
      replicableName: name.text, id: entry.id, modelRecordId: entry.replicableID.text, createdAt: "\(entry.createdAt)")
    state = Word(entry.state.rawValue)
    lastSyncedAt = entry.lastSyncedAt.map { "\($0)" }
    lastSuccessAt = entry.lastSuccessAt.map { "\($0)" }
    notOffered = (entry.notOffered?.rawValue).map(Word.init)
    notOfferedAt = entry.notOfferedAt.map { "\($0)" }
    retryAt = entry.retryAt.map { "\($0)" }
    retryCount = entry.retryCount
    lastSyncFailure = entry.lastSyncFailure
    forceToRedownload = entry.forceToRedownload
    missingOnPrimary = entry.missingOnPrimary
    isRestored = entry.isRestored
    verificationState = Word(entry.verificationState.rawValue)
    verifiedAt = entry.verifiedAt.map { "\($0)" }
    verificationStartedAt = entry.verificationStartedAt.map { "\($0)" }
    verificationRetryAt = entry.verificationRetryAt.map { "\($0)" }
    verificationRetryCount = entry.verificationRetryCount
    verificationChecksum = entry.verificationChecksum.map { "\($0)" }
    verificationChecksumMismatched = entry.verificationChecksumMismatched.map { "\($0)" }
    checksumMismatch = entry.checksumMismatch
    verificationFailure = entry.verificationFailure
    incarnation = entry.incarnation.map { "\($0)" }
    wanted = entry.wanted.map { "\($0)" }
    held = entry.held.map { "\($0)" }
    announcedAt = entry.announcedAt.map { "\($0)" }
    checkedAt = entry.checkedAt.map { "\($0)" }
    checkFailure = entry.checkFailure
    checkRetryCount = entry.checkRetryCount
  }
}

extension PrimaryStateRow {
  init(_ state: PrimaryState, of name: ReplicableName) {
    self.init(
      replicableName: name.text, modelRecordId: state.replicableID.text, incarnation: "\(state.incarnation)",
      verificationState: Word(state.verificationState.rawValue))
    generation = state.generation.map { "\($0)" }
    notOffered = (state.notOffered?.rawValue).map(Word.init)
    notOfferedReason = state.notOfferedReason
    verifiedAt = state.verifiedAt.map { "\($0)" }
    verificationRetryAt = state.verificationRetryAt.map { "\($0)" }
    verificationRetryCount = state.verificationRetryCount
    verificationChecksum = state.reading.map { "\($0.checksum)" }
    verificationFailure = state.verificationFailure
  }
}
