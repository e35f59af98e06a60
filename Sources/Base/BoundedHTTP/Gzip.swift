import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

/// Compresses a request body.
enum Gzip {
  /// Below it the header of the format eats the gain; git draws the line at the same place.
  static let worthwhileBytes = 1024

  /// The bytes as a gzip stream. Goes through swift-nio-extras' request compressor in a channel without a socket: its
  /// zlib binding is not public.
  static func compress(_ bytes: [UInt8]) throws -> ByteBuffer {
    let channel = EmbeddedChannel(handler: NIOHTTPRequestCompressor(encoding: .gzip))
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
    try channel.writeAndFlush(HTTPClientRequestPart.end(nil)).wait()
    var compressed = ByteBuffer()
    while let part = try channel.readOutbound(as: HTTPClientRequestPart.self) {
      if case .body(.byteBuffer(var piece)) = part { compressed.writeBuffer(&piece) }
    }
    _ = try channel.finish()
    return compressed
  }
}
