/// What a server may make us hold while it lists its refs.
package struct ListingLimits: Sendable {
  /// Lines that name a ref, HEAD and broken ones included.
  package var refs: Int
  /// Bytes of the whole answer.
  package var bytes: Int
  /// Refs that are broken. Each is kept with a name and a reason, which costs far more than a good one, and no
  /// repository that is worth a copy has so many.
  package var broken: Int

  package init(refs: Int = 5_000_000, bytes: Int = 1 << 30, broken: Int = 100_000) {
    self.refs = refs
    self.bytes = bytes
    self.broken = broken
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

  /// - Throws: `limitExceeded`.
  func check(broken count: Int) throws(ProtocolError) {
    guard count <= broken else {
      throw ProtocolError(.limitExceeded, "more than \(broken) refs of the source are broken")
    }
  }
}
