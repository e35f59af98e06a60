internal import Replication
internal import TextBytes

/// The members of a document other than its entries.
struct TableHead: Sendable {
  /// The next entry number.
  var nextNumber: UInt64 = 1
  /// The cursor up to which events were consumed.
  var cursor: Cursor?
  /// Members that this version does not read, unchanged.
  var unknown: [[UInt8]] = []
}
