internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import NIOHTTPCompression

internal import struct Foundation.Data

/// What to ask a server for.
package struct HTTPRequest: Sendable {
  /// The methods that Remora uses.
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  package var method: Method
  /// Absolute, `http` or `https`, percent-encoded, without user info.
  package var url: String
  package var headers = HTTPHeaderFields()
  package var body: [UInt8] = []
  /// Sends a body of more than 1 KiB gzipped, with the header that says so. Only for servers that accept it.
  package var compressesBody = false
  /// Which way to go; `nil` is straight.
  package var proxy: HTTPProxy?
  package var limits: HTTPLimits

  package init(_ method: Method, _ url: String, limits: HTTPLimits = HTTPLimits()) {
    self.method = method
    self.url = url
    self.limits = limits
  }
}

/// Proves to a server who asks, with a proof made for each request.
package protocol RequestSigner: Sendable {
  /// The value of the header `Authorization` for a request as it will be sent; `nil` where this signer has none to give, such
  /// as for another host.
  func authorization(for request: HTTPRequest) async throws -> String?

  /// Takes in what the headers of a refusal (status 401) say. The answer is whether a new proof may be taken where the last one
  /// was not.
  func learns(fromRefusal headers: HTTPHeaderFields) -> Bool
}

/// A user name and a password. Prints neither.
package struct HTTPBasicCredential: Sendable, Hashable {
  package let user: String
  package let password: String

  package init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// The value of an `Authorization` header (RFC 7617).
  package var authorization: String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }
}

extension HTTPBasicCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "***" }
  package var debugDescription: String { "***" }
  /// `dump` and string interpolation of an enclosing value look in here.
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Header fields in order, looked up without regard to case.
package struct HTTPHeaderFields: Sendable, Hashable {
  private struct Field: Sendable, Hashable {
    let name: String
    let value: String
  }

  private var fields: [Field] = []

  package init() {}

  /// Adds a field behind those that are there, of the same name or not.
  package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  /// The value of the first field of that name.
  package subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// Calls `body` with each field in order.
  package func forEach(_ body: (_ name: String, _ value: String) throws -> Void) rethrows {
    for field in fields { try body(field.name, field.value) }
  }

  /// The name of a field that must not be sent: its name is not a token (RFC 9110 § 5.6.2), or its value would break
  /// out of its line.
  var offender: String? {
    fields.first { field in
      field.name.isEmpty || !field.name.utf8.allSatisfy(Self.isTokenByte)
        || field.value.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    }?.name
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

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
