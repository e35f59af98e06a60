/// What one transfer may cost. Every wait and every buffer of it is bounded by one of these.
package struct BlobLimits: Sendable, Hashable {
  /// The largest file that is taken, in bytes. Default 1 TiB.
  package var maximumBytes: UInt64
  /// How long a server may take to move one byte while we wait for it. Default 60 s.
  package var silence: Duration
  /// How long one transfer may take; the received part is kept, and the next transfer continues it. Default 6 h.
  package var total: Duration
  /// Bytes that stay free on the disk of the copies. Default 64 MiB.
  package var freeBytesToKeep: UInt64

  /// - Parameters:
  ///   - silence: above zero.
  ///   - total: above zero.
  package init(
    maximumBytes: UInt64 = 1 << 40, silence: Duration = .seconds(60), total: Duration = .seconds(6 * 3_600),
    freeBytesToKeep: UInt64 = 64 << 20
  ) {
    precondition(silence > .zero && total > .zero && maximumBytes <= 1 << 62, "limits that nothing can meet")
    self.maximumBytes = maximumBytes
    self.silence = silence
    self.total = total
    self.freeBytesToKeep = freeBytesToKeep
  }
}
