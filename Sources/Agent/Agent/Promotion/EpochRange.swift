internal import AgentAPI

/// Which epochs are accepted from another site, and which one follows.
///
/// Another site's number never sets this site's epoch as it is: one that is too far ahead would leave no number for a later
/// promotion. So an epoch grows by at most `longestStep` at a time, and `highest` is never reached by any number of requests.
package enum EpochRange {
  /// The largest epoch that another site accepts: the largest integer of the API.
  package static let highest = UInt64(AgentNumber.highest)
  /// The largest epoch that an operator may set: what lies above is left for promotions.
  package static let highestToSet: UInt64 = 1 << 40
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
}
