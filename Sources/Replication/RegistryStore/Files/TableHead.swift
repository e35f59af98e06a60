internal import Replication
internal import TextBytes

/// The members of a document other than its entries.
struct TableHead: Sendable {
  /// The next number that is given.
  var nextNumber: UInt64 = 1
  /// Up to where events were taken.
  var cursor: Cursor?
  /// Members that this version does not read, unchanged.
  var unknown: [[UInt8]] = []
}
