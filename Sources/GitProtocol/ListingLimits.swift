/// What a server may make us hold while it lists its refs.
package struct ListingLimits: Sendable {
  /// Lines that name a ref, HEAD and broken ones included.
  package var refs: Int
  /// Bytes of the whole answer.
  package var bytes: Int

  package init(refs: Int = 5_000_000, bytes: Int = 1 << 30) {
    self.refs = refs
    self.bytes = bytes
  }

  /// - Throws: `limitExceeded`.
  func check(bytes count: Int) throws(ProtocolError) {
    guard count <= bytes else {
      throw ProtocolError(.limitExceeded, "the ref listing is longer than \(bytes) bytes")
    }
  }

  /// - Throws: `limitExceeded`.
  func check(refs count: Int) throws(ProtocolError) {
    guard count <= refs else { throw ProtocolError(.limitExceeded, "the source lists more than \(refs) refs") }
  }
}
