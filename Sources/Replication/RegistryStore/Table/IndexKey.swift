/// One entry of the index: under which question a row is found, and where it stands in the order of its answers.
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
    /// What can be object-checked, by the time of the last check; first what never was.
    case checked
    /// A check was asked for, by number.
    case checkWanted
    /// The last check found something, by the time of the next.
    case damaged
    /// A job was started, by number.
    case started
    /// Something was announced that no verification has seen, by the time since when.
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
  /// Where the row lies.
  var slot: UInt32 = 0
  /// The question's number, or the list's behind those.
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
