import NIOCore

/// A request body in pieces, so that each piece the connection takes counts as a sign of life: a long list of haves on
/// a slow line is no silence.
struct RequestBodyPieces: AsyncSequence, Sendable {
  static let pieceBytes = 64 << 10

  let bytes: ByteBuffer
  let watch: Watch

  struct AsyncIterator: AsyncIteratorProtocol {
    var rest: ByteBuffer
    let watch: Watch

    mutating func next() async -> ByteBuffer? {
      watch.waitBegins()
      guard rest.readableBytes > 0 else { return nil }
      return rest.readSlice(length: Swift.min(rest.readableBytes, RequestBodyPieces.pieceBytes))
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: bytes, watch: watch) }
}
