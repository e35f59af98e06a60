import GitProtocol
import GitValues
import TextBytes

/// What a server sends means the same however the network splits it, and no message or file gets it unescaped.
enum WireCheck {
  /// How a reading came out, to be compared.
  private struct Reading: Equatable {
    var text: String
    var bytes: [UInt8] = []
    var refs: RefView?
  }

  private static let limits = ListingLimits(refs: 1_000, bytes: 1 << 20, broken: 100)

  /// - Parameter bytes: an advertisement of version 0, 1 or 2.
  static func advertisement(_ bytes: [UInt8]) throws {
    try agree(bytes) { pieces in
      var parser = AdvertisementParser(limits: limits)
      for piece in pieces { try piece.withUnsafeBytes { try parser.consume($0) } }
      let found = try parser.finish()
      let words = found.capabilities.descriptions.joined(separator: " ")
      try harmless(words)
      return Reading(text: "\(found.version) \(found.isShallow) \(words)", refs: found.view)
    }
  }

  /// - Parameter bytes: an answer to `ls-refs`.
  static func listing(_ bytes: [UInt8]) throws {
    try agree(bytes) { pieces in
      var parser = LsRefsParser(limits: limits)
      for piece in pieces { try piece.withUnsafeBytes { try parser.consume($0) } }
      return Reading(text: "", refs: try parser.finish())
    }
  }

  /// - Parameter bytes: how it is framed, and an answer to a fetch.
  static func answer(_ bytes: [UInt8]) throws {
    guard let first = bytes.first else { return }
    let framings: [FetchResponseParser.Framing] = [.version2, .version0(sideBand: true), .version0(sideBand: false)]
    try agree(Array(bytes.dropFirst())) { pieces in
      var parser = FetchResponseParser(framing: framings[Int(first) % framings.count])
      var reading = Reading(text: "")
      var progress: [UInt8] = []
      for piece in pieces {
        try piece.withUnsafeBytes { bytes in
          try parser.consume(bytes) { part in
            switch part {
            case .pack(let bytes): reading.bytes += Array(bytes)
            case .progress(let bytes): progress += Array(bytes)
            }
          }
        }
      }
      try parser.finish()
      try Disagreement.unless(parser.packByteCount == Int64(reading.bytes.count), "bytes of the pack are lost")
      reading.text = ForeignText.serverLine(progress)
      try harmless(reading.text)
      return reading
    }
  }

  // MARK: Comparing

  /// Reads the bytes whole, byte by byte, and in pieces of a size between.
  private static func agree(_ bytes: [UInt8], _ read: ([[UInt8]]) throws -> Reading) throws {
    let whole = try result { try read([bytes]) }
    for size in [1, 2 + bytes.count % 13] {
      let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
      let cut = try result { try read(pieces) }
      try Disagreement.unless(whole == cut, "in pieces of \(size): \(cut), whole: \(whole)")
    }
    if let refs = whole.refs { try sound(refs) }
  }

  /// A refusal is a result too: its kind must not depend on the pieces. Its words may: how much is shown of what is no packet does.
  private static func result(_ read: () throws -> Reading) throws -> Reading {
    do {
      return try read()
    } catch let error as ProtocolError {
      try harmless(error.detail)
      return Reading(text: "refused: \(error.code)")
    }
  }

  /// What is listed may be written into a copy.
  private static func sound(_ view: RefView) throws {
    for (index, entry) in view.refs.enumerated() {
      try Disagreement.unless(
        entry.name.isValid && entry.name.bytes.starts(with: ReferenceName.refsPrefix), "'\(entry.name)' is no ref")
      try Disagreement.unless(!entry.oid.isZero, "'\(entry.name)' has a null oid")
      try Disagreement.unless(
        index == 0 || view.refs.compareName(at: index - 1, with: view.refs, at: index) < 0, "the refs are not sorted")
    }
    try view.broken.forEach { try harmless($0.name.description) }
  }

  /// Checks that nothing in it moves a cursor, ends a line or turns the direction of text.
  private static func harmless(_ text: String) throws {
    let bad = text.unicodeScalars.first { scalar in
      scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
        || (0x2066...0x2069).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
    try Disagreement.unless(bad == nil, "U+\(String(bad?.value ?? 0, radix: 16)) is shown")
  }
}
