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
