import GitProtocol
import GitValues

/// Messages of a server, written by hand.
struct Wire {
  private(set) var bytes: [UInt8] = []

  /// Returns a packet with this content and nothing more.
  func packet(_ content: [UInt8]) -> Wire {
    let digits = String(content.count + 4, radix: 16)
    let padding = String(repeating: "0", count: 4 - digits.utf8.count)
    return adding(Array((padding + digits).utf8) + content)
  }

  /// Returns a packet of a line and its end.
  func line(_ text: String) -> Wire { packet(Array("\(text)\n".utf8)) }
  /// Returns a packet of side-band.
  func band(_ number: UInt8, _ content: [UInt8]) -> Wire { packet([number] + content) }
  var flush: Wire { adding(Array("0000".utf8)) }
  var delimiter: Wire { adding(Array("0001".utf8)) }

  func adding(_ more: [UInt8]) -> Wire {
    var copy = self
    copy.bytes += more
    return copy
  }
}

/// Returns an object id of forty times the same digit.
func oid(_ digit: Character) -> ObjectID {
  guard let oid = ObjectID(String(repeating: digit, count: 40)) else { preconditionFailure("not a digit: \(digit)") }
  return oid
}

/// Calls `body` with the bytes in pieces of at most `size`.
func inPieces(_ bytes: [UInt8], of size: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
  var start = 0
  while start < bytes.count {
    let end = min(start + size, bytes.count)
    try Array(bytes[start..<end]).withUnsafeBytes(body)
    start = end
  }
}

/// Reads a whole advertisement that arrives in pieces.
func readAdvertisement(
  _ wire: Wire, pieces: Int = 65536, limits: ListingLimits = ListingLimits()
) throws -> Advertisement {
  var parser = AdvertisementParser(limits: limits)
  try inPieces(wire.bytes, of: pieces) { try parser.consume($0) }
  return try parser.finish()
}

/// Reads a whole answer to `ls-refs` that arrives in pieces.
func readListing(_ wire: Wire, pieces: Int = 65536, limits: ListingLimits = ListingLimits()) throws -> RefView {
  var parser = LsRefsParser(limits: limits)
  try inPieces(wire.bytes, of: pieces) { try parser.consume($0) }
  return try parser.finish()
}

/// What a fetch brought.
struct Fetched: Equatable {
  var pack: [UInt8] = []
  var progress: [UInt8] = []
  var hasCommonObject = false
}

/// Reads a whole answer to a fetch that arrives in pieces.
func readFetch(_ wire: Wire, framing: FetchResponseParser.Framing, pieces: Int = 65536) throws -> Fetched {
  var parser = FetchResponseParser(framing: framing)
  var fetched = Fetched()
  try inPieces(wire.bytes, of: pieces) { bytes in
    try parser.consume(bytes) { part in
      switch part {
      case .pack(let bytes): fetched.pack += Array(bytes)
      case .progress(let bytes): fetched.progress += Array(bytes)
      }
    }
  }
  try parser.finish()
  fetched.hasCommonObject = parser.hasCommonObject
  return fetched
}

/// The code of the error that `body` throws; `nil` when it throws none.
func code(of body: () throws -> Void) throws -> ProtocolError.Code? {
  do {
    try body()
    return nil
  } catch let error as ProtocolError {
    return error.code
  }
}
