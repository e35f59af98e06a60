/// The object check, which is independent of the two state machines and has its own time, failure and count.
///
///     checked ──interval, requestCheck──► due ──passCheck──► checked
///                                          ▲ │
///                                          │ └─failCheck──► pending, fetched anew ──finishSync─┐
///                                          └──────────────────── at once, or later ◄───────────┘
///
/// A damaged copy is fetched anew at once. A fresh copy that is damaged again is fetched again as well, but with
/// growing delays between the checks: a failing disk, or a damaged primary, must not cause continuous downloads.
extension RegistryEntry {
  /// Begins a check. Syncs may run concurrently; the result counts only for the replicable that the check was begun
  /// for.
  /// - Returns: the ticket for its end; `nil` when there is no copy to check.
  package func startCheck() -> CheckTicket? {
    isCheckable ? CheckTicket(number: id, incarnation: incarnation) : nil
  }

  /// Records that the copy is complete and intact.
  package mutating func passCheck(_ ticket: CheckTicket, at now: Timestamp) -> Bool {
    guard isOf(ticket) else { return false }
    checkedAt = now
    checkFailure = nil
    checkRetryCount = 0
    isCheckWanted = false
    return true
  }

  /// Records that objects are damaged or missing: the copy is fetched anew.
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
  /// - Parameter interval: the time between two checks of an intact copy.
  public func isDueForCheck(at now: Timestamp, interval: Duration) -> Bool {
    guard isCheckable else { return false }
    guard !isCheckWanted, let checkedAt else { return true }
    // A time in the future means that the clock was set back since.
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

  /// Whether there is a copy that should be intact: one that is synced, or was before its syncs began to fail. A copy
  /// that waits for a fresh download needs no check.
  package var isCheckable: Bool {
    guard !forceToRedownload else { return false }
    return state == .synced || state == .failed && held != nil
  }

  private func isOf(_ ticket: CheckTicket) -> Bool {
    ticket.number == id && (ticket.incarnation == nil || ticket.incarnation == incarnation)
  }
}

/// Identifies a running object check of one entry; returned to the state machine when it ends.
package struct CheckTicket: Hashable, Sendable {
  /// The entry's number: an entry that was removed and made again is another one.
  package let number: UInt64
  /// Which incarnation the copy is of; `nil` until it is known.
  package let incarnation: Incarnation?
}
