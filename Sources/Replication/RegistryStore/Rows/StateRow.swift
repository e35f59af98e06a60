internal import Replication
internal import TextBytes

/// A primary's state of one replicable in memory.
struct StateRow: FlatRow {
  let state: PrimaryState
  private let unknown: [[UInt8]]

  init(_ state: PrimaryState, replacing old: StateRow?) { self.init(state, unknown: old?.unknown ?? []) }

  private init(_ state: PrimaryState, unknown: [[UInt8]]) {
    self.state = state
    self.unknown = unknown
  }

  var value: PrimaryState { state }
  var key: String { state.replicableID.text }
  var number: UInt64 { 0 }

  var indexKeys: [IndexKey] {
    var keys = [IndexKey(question: .incarnation, order: Int64(bitPattern: state.incarnation.value))]
    if let identity = state.identity {
      keys.append(IndexKey(question: .inode, order: Int64(bitPattern: identity.inode)))
    }
    if state.goneAt != nil { return keys }
    if state.notOffered != nil {
      keys.append(IndexKey(question: .notOffered, order: 0))
      return keys
    }
    switch state.verificationState {
    case .pending: keys.append(IndexKey(question: .verificationPending, order: Moment(state.verifiedAt).order))
    case .failed: keys.append(IndexKey(question: .verificationFailed, order: Moment(state.verificationRetryAt).order))
    case .succeeded: keys.append(IndexKey(question: .verified, order: Moment(state.verifiedAt).order))
    case .started: keys.append(IndexKey(question: .started, order: 0))
    case .disabled: break
    }
    return keys
  }

  var counters: [Int] {
    state.goneAt != nil ? [] : [state.notOffered.map(EntryRow.counter) ?? EntryRow.counter(state.verificationState)]
  }

  func append(to bytes: inout [UInt8], idKey: [UInt8]) {
    var text = ObjectText()
    text.add(idKey, key)
    text.add("announced_at", Moment(state.announcedAt))
    text.add("content_checksum", state.knownContent?.checksum.description)
    text.add("content_marks", state.knownContent?.marks.joined(separator: " "))
    text.add("generation", state.generation?.description)
    text.add("gone_at", Moment(state.goneAt))
    if let identity = state.identity {
      text.add("identity", "\(identity.device):\(identity.inode):\(identity.birth)")
    }
    text.add("incarnation", state.incarnation.description)
    text.add("not_offered", state.notOffered?.rawValue)
    text.add("not_offered_reason", state.notOfferedReason)
    text.add("verification_checksum", state.reading?.checksum.description)
    text.add("verification_failure", state.verificationFailure)
    text.add("verification_generation", state.reading?.generation.description)
    text.add("verification_read_at", Moment(state.reading?.readAt))
    text.add("verification_retry_at", Moment(state.verificationRetryAt))
    text.add("verification_retry_count", UInt64(clamping: state.verificationRetryCount))
    text.add("verification_started_at", Moment(state.verificationStartedAt))
    text.add("verification_state", state.verificationState.rawValue)
    text.add("verified_at", Moment(state.verifiedAt))
    text.add(raw: unknown)
    bytes += text.end()
  }

  init(from scanner: inout JSONScanner, idKey: [UInt8]) throws(JSONScanError) {
    var (id, incarnation, identity) = (ReplicableID?.none, Incarnation?.none, FileIdentity?.none)
    var (checksum, readAt) = (Checksum?.none, Moment(nil))
    var (read, generation) = (StoredGeneration(nil), StoredGeneration(nil))
    var (verificationState, count) = (VerificationState.pending, 0)
    var (startedAt, verifiedAt, retryAt, failure) = (Moment(nil), Moment(nil), Moment(nil), String?.none)
    var (announcedAt, goneAt, notOffered, reason) = (Moment(nil), Moment(nil), NotOffered?.none, String?.none)
    var (known, marks) = (Checksum?.none, String?.none)
    var unknown: [[UInt8]] = []
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if scanner.slice(key).elementsEqual(idKey) {
        let text = try scanner.string()
        do { id = try ReplicableID(text) } catch { throw scanner.failure("an id of a replicable before this place") }
      } else if scanner.matches(key, "incarnation") {
        incarnation = try scanner.read("an incarnation") { Hex.number(utf8: $0).map(Incarnation.init) }
      } else if scanner.matches(key, "content_checksum") {
        known = try scanner.read("a checksum") { Checksum(utf8: $0) }
      } else if scanner.matches(key, "content_marks") {
        marks = try scanner.optionalString()
      } else if scanner.matches(key, "identity") {
        identity = try Self.identity(&scanner)
      } else if scanner.matches(key, "generation") {
        generation = try scanner.storedGeneration()
      } else if scanner.matches(key, "announced_at") {
        announcedAt = try scanner.moment()
      } else if scanner.matches(key, "gone_at") {
        goneAt = try scanner.moment()
      } else if scanner.matches(key, "not_offered") {
        notOffered = try scanner.optionalString().map { NotOffered(rawValue: $0) ?? .unavailable }
      } else if scanner.matches(key, "not_offered_reason") {
        reason = try scanner.optionalString()
      } else if scanner.matches(key, "verification_checksum") {
        checksum = try scanner.read("a checksum") { Checksum(utf8: $0) }
      } else if scanner.matches(key, "verification_generation") {
        read = try scanner.storedGeneration()
      } else if scanner.matches(key, "verification_read_at") {
        readAt = try scanner.moment()
      } else if scanner.matches(key, "verification_state") {
        guard let known = VerificationState(rawValue: try scanner.string()) else {
          throw scanner.failure("a verification state before this place")
        }
        verificationState = known
      } else if scanner.matches(key, "verification_retry_count") {
        // As in a registry's entries: the count saturates.
        count = Int(UInt32(clamping: try scanner.unsigned()))
      } else if scanner.matches(key, "verification_started_at") {
        startedAt = try scanner.moment()
      } else if scanner.matches(key, "verified_at") {
        verifiedAt = try scanner.moment()
      } else if scanner.matches(key, "verification_retry_at") {
        retryAt = try scanner.moment()
      } else if scanner.matches(key, "verification_failure") {
        failure = try scanner.optionalString()
      } else {
        unknown.append(try scanner.unknownMember(key))
      }
    }
    guard let id, let incarnation else {
      throw scanner.failure("the id of the replicable and incarnation before this place")
    }
    var state = PrimaryState(replicableID: id, incarnation: incarnation, identity: identity)
    state.generation = generation.generation
    state.announcedAt = announcedAt.timestamp
    state.goneAt = goneAt.timestamp
    state.notOffered = notOffered
    state.notOfferedReason = reason
    state.verificationState = verificationState
    state.verificationStartedAt = startedAt.timestamp
    state.verifiedAt = verifiedAt.timestamp
    state.verificationRetryAt = retryAt.timestamp
    state.verificationRetryCount = count
    state.verificationFailure = failure
    if let known, let marks {
      state.knownContent = KnownContent(checksum: known, marks: marks.split(separator: " ").map(String.init))
    }
    if let checksum, let generation = read.generation, let readAt = readAt.timestamp {
      state.reading = PrimaryReading(checksum: checksum, generation: generation, readAt: readAt)
    }
    self.init(state, unknown: unknown)
  }

  /// `DEVICE:INODE:BIRTH`.
  private static func identity(_ scanner: inout JSONScanner) throws(JSONScanError) -> FileIdentity? {
    guard let text = try scanner.optionalString() else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let device = UInt64(parts[0]), let inode = UInt64(parts[1]), let birth = Int64(parts[2])
    else { throw scanner.failure("DEVICE:INODE:BIRTH before this place") }
    return FileIdentity(device: device, inode: inode, birth: birth)
  }
}
