/// What one exchange may cost. Every wait and every buffer of it is bounded by one of these.
package struct HTTPLimits: Sendable, Hashable {
  /// How long the peer may take to move one byte while we wait for it, connecting and the wait for the head included.
  /// The time in which the reader is busy with what it has got does not count.
  package var silence: Duration
  /// How long the whole exchange may take, body included.
  package var total: Duration
  /// Bytes of body, after decompression.
  package var bodyBytes: Int

  /// - Parameters:
  ///   - silence: above zero.
  ///   - total: above zero.
  ///   - bodyBytes: 0 or more.
  package init(silence: Duration = .seconds(60), total: Duration = .seconds(300), bodyBytes: Int = 1 << 20) {
    precondition(silence > .zero && total > .zero && bodyBytes >= 0, "limits that nothing can meet")
    self.silence = silence
    self.total = total
    self.bodyBytes = bodyBytes
  }
}
