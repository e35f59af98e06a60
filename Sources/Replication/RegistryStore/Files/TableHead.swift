internal import Replication
internal import TextBytes

/// What a document says besides its entries.
struct TableHead: Sendable {
  /// The next number that is given.
  var nextNumber: UInt64 = 1
  /// Up to where events were taken.
  var cursor: Cursor?
  /// Members that nobody here knows, as they stand.
  var unknown: [[UInt8]] = []
}
