internal import Replication
internal import TextBytes

extension EntryRow {
  /// Appends members in bytewise order of their keys; the id's own key, which depends on the kind, comes first, so that
  /// a line can be searched by its beginning.
  func append(to bytes: inout [UInt8], idKey: [UInt8]) {
    var text = ObjectText()
    text.add(idKey, key)
    text.add("announced_at", announcedAt)
    text.add("check_failure", rare?.checkFailure)
    if checkRetryCount > 0 { text.add("check_retry_count", UInt64(checkRetryCount)) }
    text.add("check_wanted", flag: isCheckWanted)
    text.add("checked_at", checkedAt)
    text.add("checksum_mismatch", flag: checksumMismatch)
    text.add("created_at", Moment(createdAt))
    text.add("force_to_redownload", flag: forceToRedownload)
    text.add("held_generation", held.generation?.description)
    text.add("id", number)
    text.add("incarnation", incarnation?.description)
    text.add("last_success_at", lastSuccessAt)
    text.add("last_sync_failure", rare?.lastSyncFailure)
    text.add("last_synced_at", lastSyncedAt)
    text.add("missing_on_primary", flag: missingOnPrimary)
    text.add("not_offered", rare?.notOffered?.rawValue)
    if let moment = rare?.notOfferedAt { text.add("not_offered_at", moment) }
    if let since = rare?.removalWaitingSince { text.add("removal_waiting_since", since) }
    text.add("restored", flag: isRestored)
    text.add("retry_at", retryAt)
    text.add("retry_count", UInt64(retryCount))
    text.add("state", state.rawValue)
    text.add("verification_checksum", checksum?.description)
    text.add("verification_checksum_mismatched", rare?.mismatched?.description)
    text.add("verification_failure", rare?.verificationFailure)
    text.add("verification_retry_at", verificationRetryAt)
    text.add("verification_retry_count", UInt64(verificationRetryCount))
    text.add("verification_started_at", verificationStartedAt)
    text.add("verification_state", verificationState.rawValue)
    text.add("verified_at", verifiedAt)
    text.add("wanted_generation", wanted.generation?.description)
    text.add(raw: rare?.unknown ?? [])
    bytes += text.end()
  }

  init(from scanner: inout JSONScanner, idKey: [UInt8]) throws(JSONScanError) {
    var id: ReplicableID?
    var (number, createdAt) = (UInt64?.none, Moment(nil))
    var entry = RegistryEntry(id: 0, replicableID: Self.unnamed, createdAt: Timestamp(milliseconds: 0))
    // Without the member all changes are verified.
    entry.announcedAt = nil
    var unknown: [[UInt8]] = []
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.slice(key).elementsEqual(idKey) {
        let text = try scanner.string()
        do { id = try ReplicableID(text) } catch { throw scanner.failure("an id of a replicable before this place") }
      } else if scanner.matches(key, "id") {
        number = try scanner.entryNumber()
      } else if scanner.matches(key, "created_at") {
        createdAt = try scanner.moment()
      } else if try !Self.read(key, into: &entry, &scanner) {
        unknown.append(try scanner.unknownMember(key))
      }
    }
    guard let id, let number, let createdAt = createdAt.timestamp else {
      throw scanner.failure("the id of the replicable, id and created_at before this place")
    }
    // A line of a version that did not record successes.
    if entry.state == .synced, entry.lastSuccessAt == nil { entry.lastSuccessAt = entry.lastSyncedAt }
    entry.id = number
    entry.replicableID = id
    entry.createdAt = createdAt
    self.init(entry, unknown: unknown)
  }

  /// A placeholder for the id until its member is read.
  private static let unnamed: ReplicableID = {
    do { return try ReplicableID("unnamed") } catch { preconditionFailure("\(error)") }
  }()

  // A chain of comparisons by length and bytes: a dictionary would hash each of 25 million keys.
  private static func read(
    _ key: Range<Int>, into entry: inout RegistryEntry, _ scanner: inout JSONScanner
  ) throws(JSONScanError) -> Bool {
    if scanner.matches(key, "state") {
      guard let state = SyncState(rawValue: try scanner.string()) else {
        throw scanner.failure("a state before this place")
      }
      entry.state = state
    } else if scanner.matches(key, "verification_state") {
      guard let state = VerificationState(rawValue: try scanner.string()) else {
        throw scanner.failure("a verification state before this place")
      }
      entry.verificationState = state
    } else if scanner.matches(key, "last_synced_at") {
      entry.lastSyncedAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "last_success_at") {
      entry.lastSuccessAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "verified_at") {
      entry.verifiedAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "verification_started_at") {
      entry.verificationStartedAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "retry_count") {
      entry.retryCount = Int(clamping: try scanner.unsigned())
    } else if scanner.matches(key, "verification_retry_count") {
      entry.verificationRetryCount = Int(clamping: try scanner.unsigned())
    } else if scanner.matches(key, "verification_checksum") {
      entry.verificationChecksum = try scanner.read("a checksum") { Checksum(utf8: $0) }
    } else if scanner.matches(key, "held_generation") {
      entry.held = try scanner.storedGeneration().generation
    } else if scanner.matches(key, "wanted_generation") {
      entry.wanted = try scanner.storedGeneration().generation
    } else if scanner.matches(key, "incarnation") {
      entry.incarnation = try scanner.read("an incarnation") { Hex.number(utf8: $0).map(Incarnation.init) }
    } else {
      return try readRare(key, into: &entry, &scanner)
    }
    return true
  }

  private static func readRare(
    _ key: Range<Int>, into entry: inout RegistryEntry, _ scanner: inout JSONScanner
  ) throws(JSONScanError) -> Bool {
    if scanner.matches(key, "retry_at") {
      entry.retryAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "verification_retry_at") {
      entry.verificationRetryAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "announced_at") {
      entry.announcedAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "checked_at") {
      entry.checkedAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "not_offered") {
      // An unknown reason of a later version counts as a reason.
      entry.notOffered = try scanner.optionalString().map { NotOffered(rawValue: $0) ?? .unavailable }
    } else if scanner.matches(key, "not_offered_at") {
      entry.notOfferedAt = try scanner.moment().timestamp
    } else if scanner.matches(key, "removal_waiting_since") {
      entry.removalWaitingSince = try scanner.moment().timestamp
    } else if scanner.matches(key, "restored") {
      entry.isRestored = try scanner.flag()
    } else if scanner.matches(key, "check_wanted") {
      entry.isCheckWanted = try scanner.flag()
    } else if scanner.matches(key, "check_retry_count") {
      entry.checkRetryCount = Int(clamping: try scanner.unsigned())
    } else if scanner.matches(key, "last_sync_failure") {
      entry.lastSyncFailure = try scanner.optionalString()
    } else if scanner.matches(key, "verification_failure") {
      entry.verificationFailure = try scanner.optionalString()
    } else if scanner.matches(key, "check_failure") {
      entry.checkFailure = try scanner.optionalString()
    } else if scanner.matches(key, "verification_checksum_mismatched") {
      entry.verificationChecksumMismatched = try scanner.read("a checksum") { Checksum(utf8: $0) }
    } else if scanner.matches(key, "checksum_mismatch") {
      entry.checksumMismatch = try scanner.flag()
    } else if scanner.matches(key, "force_to_redownload") {
      entry.forceToRedownload = try scanner.flag()
    } else if scanner.matches(key, "missing_on_primary") {
      entry.missingOnPrimary = try scanner.flag()
    } else {
      return false
    }
    return true
  }
}
