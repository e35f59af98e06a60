internal import Git

/// Texts that may come compressed.
package enum GzipText {
  /// The bytes themselves, or what a gzip stream (RFC 1952) unpacks to.
  ///
  /// - Throws: `MirrorError` for a damaged stream, and for one of more than `limit` bytes.
  package static func unpacked(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
    guard bytes.starts(with: [0x1f, 0x8b]) else { return bytes }
    let gunzip = try Gunzip()
    var text: [UInt8] = []
    try bytes.withUnsafeBytes { input in
      try gunzip.unpack(input) { piece in
        text += piece
        guard text.count <= limit else {
          throw MirrorError(.limitExceeded, "unpack a text: it is longer than \(limit) bytes")
        }
      }
    }
    guard gunzip.isAtEnd else { throw MirrorError(.invalidList, "unpack a text: it ends in its middle") }
    return text
  }
}
