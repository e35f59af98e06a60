internal import Replication

/// The index's lists for paged queries: one for each order and each combination of states. Any filter by states is a
/// merge of a few of them, so that a page costs no more where matching rows are far apart.
enum ListIndex {
  private static let verificationStates = VerificationState.allCases.count
  /// Lists of one order.
  static let combinations = SyncState.allCases.count * verificationStates
  /// The counters of `EntryRow` that are not of combinations.
  private static let otherCounters = 18

  /// The number of a combination of states.
  static func combination(_ state: SyncState, _ verificationState: VerificationState) -> Int {
    EntryRow.counter(state) * verificationStates + EntryRow.counter(verificationState) - SyncState.allCases.count
  }

  /// Returns the list of one order and one combination; lists come after the questions.
  static func list(_ order: RegistryQuery.Order, _ combination: Int) -> UInt8 {
    let place =
      switch order {
      case .id: 0
      case .lastSyncedAt: 1
      case .verifiedAt: 2
      }
    return UInt8(IndexKey.Question.allCases.count + place * combinations + combination)
  }

  /// Returns a row's sort key in lists of an order.
  static func order(of row: EntryRow, _ order: RegistryQuery.Order) -> Int64 {
    switch order {
    case .id: Int64(clamping: row.number)
    case .lastSyncedAt: row.lastSyncedAt.order
    case .verifiedAt: row.verifiedAt.order
    }
  }

  /// Counts the rows of a combination.
  static func counter(_ combination: Int) -> Int { otherCounters + combination }

  /// Returns the combinations that match a query.
  static func combinations(of query: RegistryQuery) -> [Int] {
    (query.state.map { [$0] } ?? SyncState.allCases).flatMap { state in
      (query.verificationState.map { [$0] } ?? VerificationState.allCases).map { combination(state, $0) }
    }
  }
}
