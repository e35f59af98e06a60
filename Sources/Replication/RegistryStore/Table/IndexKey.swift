internal import Replication

/// One key of the index: the question under which a row is found, and its sort key.
struct IndexKey: Hashable, Comparable, Sendable {
  /// The questions.
  enum Question: UInt8, CaseIterable, Sendable {
    /// Pending sync, by number.
    case pending
    /// Failed sync, by the time of its retry.
    case failed
    /// Pending verification of synced entries (on a primary: pending reading), by the time of the last one.
    case verificationPending
    /// Failed verification, by the time of its retry.
    case verificationFailed
    /// Succeeded verification, by its time.
    case verified
    /// Entries that can be object-checked, by the time of the last check; never checked ones first.
    case checked
    /// A check was requested, by number.
    case checkWanted
    /// The last check found something, by the time of the next.
    case damaged
    /// A job was started, by number.
    case started
    /// A change was announced and is not verified, by the time of the announcement.
    case announced
    /// The incarnation's bits.
    case incarnation
    /// The inode's bits.
    case inode
    /// Not offered by the primary, by number.
    case notOffered
  }

  /// In this order of members a key takes sixteen bytes.
  let order: Int64
  /// The row's slot.
  var slot: UInt32 = 0
  /// The question's number, or a list's, which come after those.
  let list: UInt8

  init(question: Question, order: Int64, slot: UInt32 = 0) {
    self.init(list: question.rawValue, order: order, slot: slot)
  }

  init(list: UInt8, order: Int64, slot: UInt32 = 0) {
    (self.list, self.order, self.slot) = (list, order, slot)
  }

  static func < (left: IndexKey, right: IndexKey) -> Bool {
    (left.list, left.order, left.slot) < (right.list, right.order, right.slot)
  }
}

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
