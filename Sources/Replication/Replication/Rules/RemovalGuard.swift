/// Limits how many copies of a kind may be removed within a day before an operator must confirm (product contract § 5):
/// up to three copies, or five of a hundred where that is more, and never all of them.
///
/// A primary whose disk was replaced by an empty one looks like one whose repositories were all deleted.
package enum RemovalGuard {
  /// Whether one more copy may be removed.
  ///
  /// - Parameters:
  ///   - removedLastDay: how many were removed in the last 24 hours, this one not counted.
  ///   - present: how many are there now, this one counted.
  package static func allows(removedLastDay: Int, present: Int) -> Bool {
    precondition(removedLastDay >= 0 && present > 0, "counts of copies, of which one is to be removed")
    let removals = removedLastDay + 1
    let total = removedLastDay + present
    return removals < total && removals <= max(3, total / 20)
  }
}
