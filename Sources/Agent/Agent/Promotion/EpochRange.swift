internal import AgentAPI

/// Decides which epochs are accepted from another site, and which one is next.
///
/// Another site's number is checked before it is accepted: one that is too far ahead would leave no number for a later
/// promotion. An epoch grows by at most `longestStep` at a time, and no number of requests reaches `highest`.
package enum EpochRange {
  /// The largest epoch that another site accepts: the largest integer of the API.
  package static let highest = UInt64(AgentNumber.highest)
  /// The largest epoch that an operator may set: larger ones are reserved for promotions.
  package static let highestToSet = EpochOrder.highest
  /// How many promotions a site may have missed.
  package static let longestStep: UInt64 = 1_000

  /// Whether a site of epoch `known` may take `epoch` from another site.
  package static func isReachable(_ epoch: UInt64, from known: UInt64) -> Bool {
    guard epoch <= highest else { return false }
    let (step, isLower) = epoch.subtractingReportingOverflow(known)
    return isLower || step <= longestStep
  }

  /// The epoch of the next promotion; `nil` when there is none that other sites would accept.
  package static func next(after epoch: UInt64) -> UInt64? {
    let (next, isTooLarge) = epoch.addingReportingOverflow(1)
    return isTooLarge || next > highest ? nil : next
  }

  /// The epoch of the next promotion.
  ///
  /// - Throws: `AgentFault` 409 when there is none that other sites would accept.
  static func promotion(after epoch: UInt64) throws(AgentFault) -> UInt64 {
    guard let next = next(after: epoch) else {
      throw AgentFault(
        409, "no_epoch_left", "promote: no other site would accept an epoch higher than \(epoch)",
        hint: "'remora epoch set 1' at every site, then promote again")
    }
    return next
  }
}
