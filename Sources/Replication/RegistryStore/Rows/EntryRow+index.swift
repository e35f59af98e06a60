internal import Replication

extension EntryRow {
  var indexKeys: [IndexKey] {
    var keys: [IndexKey] = []
    // An entry that waits for its removal is due only for an object check.
    let isDue = rare?.removalWaitingSince.timestamp == nil
    switch state {
    case .pending where !isDue, .failed where !isDue: break
    case .pending where rare?.notOffered != nil:
      keys.append(IndexKey(question: .notOffered, order: Int64(clamping: number)))
    case .pending: keys.append(IndexKey(question: .pending, order: Int64(clamping: number)))
    case .failed: keys.append(IndexKey(question: .failed, order: retryAt.order))
    case .started, .synced: break
    }
    switch verificationState {
    case .pending where !isDue, .failed where !isDue: break
    case .pending where state == .synced:
      keys.append(IndexKey(question: .verificationPending, order: verifiedAt.order))
    case .failed where state == .synced:
      keys.append(IndexKey(question: .verificationFailed, order: verificationRetryAt.order))
    case .succeeded: keys.append(IndexKey(question: .verified, order: verifiedAt.order))
    case .pending, .failed, .started, .disabled: break
    }
    if isCheckable {
      keys.append(IndexKey(question: .checked, order: checkedAt.order))
      if isCheckWanted { keys.append(IndexKey(question: .checkWanted, order: Int64(clamping: number))) }
      if rare?.checkFailure != nil {
        keys.append(IndexKey(question: .damaged, order: Moment(value.checkRetryAt).order))
      }
    }
    if state == .started || verificationState == .started {
      keys.append(IndexKey(question: .started, order: Int64(clamping: number)))
    }
    if announcedAt.timestamp != nil { keys.append(IndexKey(question: .announced, order: announcedAt.order)) }
    if let incarnation {
      keys.append(IndexKey(question: .incarnation, order: Int64(bitPattern: incarnation.value)))
    }
    for order in RegistryQuery.Order.allCases {
      keys.append(IndexKey(list: ListIndex.list(order, combination), order: ListIndex.order(of: self, order)))
    }
    return keys
  }

  var counters: [Int] {
    let copies = hasCopy ? [Self.copies] : []
    if let reason = rare?.notOffered { return copies + [Self.counter(reason), ListIndex.counter(combination)] }
    var counters = copies + [Self.counter(state), Self.counter(verificationState)]
    if checksumMismatch { counters.append(Self.mismatched) }
    if missingOnPrimary { counters.append(Self.missing) }
    if state == .synced, verificationState == .pending, rare?.removalWaitingSince.timestamp == nil {
      counters.append(Self.needsVerification)
    }
    if rare?.checkFailure != nil { counters.append(Self.damaged) }
    if isCheckable, checkedAt.timestamp == nil { counters.append(Self.unchecked) }
    counters.append(ListIndex.counter(combination))
    return counters
  }

  static func counter(_ state: SyncState) -> Int {
    switch state {
    case .pending: 0
    case .started: 1
    case .synced: 2
    case .failed: 3
    }
  }

  static func counter(_ state: VerificationState) -> Int {
    switch state {
    case .pending: 4
    case .started: 5
    case .succeeded: 6
    case .failed: 7
    case .disabled: 8
    }
  }

  static let mismatched = 9
  static let missing = 10
  static let needsVerification = 11
  static let damaged = 12
  static let unchecked = 13

  static func counter(_ reason: NotOffered) -> Int {
    switch reason {
    case .excluded: 14
    case .unavailable: 15
    case .broken: 16
    }
  }

  static let copies = 17

  private var combination: Int { ListIndex.combination(state, verificationState) }

  /// As `RegistryEntry.hasCopy` says.
  private var hasCopy: Bool { held.generation != nil || lastSuccessAt.timestamp != nil }

  /// As `RegistryEntry.isCheckable` says.
  private var isCheckable: Bool {
    !forceToRedownload && (state == .synced || state == .failed && held.generation != nil)
  }
}
