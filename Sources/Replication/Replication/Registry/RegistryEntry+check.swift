/// The object check: beside the two state machines, with a time, a failure and a count of its own.
///
///     checked ──interval, requestCheck──► due ──passCheck──► checked
///                                          ▲ │
///                                          │ └─failCheck──► pending, fetched anew ──finishSync─┐
///                                          └──────────────────── at once, or later ◄───────────┘
///
/// What a check finds damaged is fetched anew at once. A fresh copy that is damaged again is fetched again as well, but
/// the checks come later and later: a failing disk, or a primary that is damaged itself, must not cause download after
/// download.
extension RegistryEntry {
  /// Begins a check. Syncs may run beside it; what it finds counts only for the replicable that it was begun for.
  /// - Returns: what to hand back at its end; `nil` when there is no copy of which one could ask.
  package func startCheck() -> CheckTicket? {
    isCheckable ? CheckTicket(number: id, incarnation: incarnation) : nil
  }

  /// Everything is there, and whole.
  package mutating func passCheck(_ ticket: CheckTicket, at now: Timestamp) -> Bool {
    guard isOf(ticket) else { return false }
    checkedAt = now
    checkFailure = nil
    checkRetryCount = 0
    isCheckWanted = false
    return true
  }

  /// Something of the copy is damaged or missing: everything is to be fetched anew.
  package mutating func failCheck(_ ticket: CheckTicket, _ message: String, at now: Timestamp) -> Bool {
    guard isOf(ticket) else { return false }
    checkedAt = now
    checkFailure = Self.shortened(message)
    checkRetryCount += 1
    isCheckWanted = false
    requestFreshDownload()
    return true
  }

  /// Requests an object check: an operator asked for it, or the copy's files were rewritten.
  package mutating func requestCheck() { isCheckWanted = true }

  /// Whether a check is to be started at that time.
  ///
  /// - Parameter interval: after which a copy is checked again that was whole.
  public func isDueForCheck(at now: Timestamp, interval: Duration) -> Bool {
    guard isCheckable else { return false }
    guard !isCheckWanted, let checkedAt else { return true }
    // Of a time that has not come the clock was put back since.
    if checkedAt > now { return true }
    return checkFailure == nil ? checkedAt + interval <= now : checkRetryAt.map { $0 <= now } ?? true
  }

  /// When a copy that was found damaged, and fetched anew, is checked again: at once for the first time, then after 1,
  /// 2, 4… hours, and once a day. `nil` when the last check found nothing.
  public var checkRetryAt: Timestamp? {
    guard checkFailure != nil, let checkedAt else { return nil }
    guard checkRetryCount > 1 else { return checkedAt }
    return checkedAt + min(.seconds(86_400), .seconds(3_600 << min(checkRetryCount - 2, 5)))
  }

  /// Whether there is a copy that should be whole: one that is synced, or was before its syncs began to fail. What
  /// waits for a fresh download needs no look.
  package var isCheckable: Bool {
    guard !forceToRedownload else { return false }
    return state == .synced || state == .failed && held != nil
  }

  private func isOf(_ ticket: CheckTicket) -> Bool {
    ticket.number == id && (ticket.incarnation == nil || ticket.incarnation == incarnation)
  }
}

/// What a running object check of one entry was started for; handed back when it ends.
package struct CheckTicket: Hashable, Sendable {
  /// The entry's number: an entry that was removed and made again is another one.
  package let number: UInt64
  /// Which incarnation the copy is of; `nil` until it is known.
  package let incarnation: Incarnation?
}
