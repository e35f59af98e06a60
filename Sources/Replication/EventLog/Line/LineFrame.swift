internal import DurableJournal
internal import TextBytes

/// The members that every line has: `{"id":ID,` or `{"id":ID,"group":N,` at its start, `,"chain":"CHAIN"}` at its end.
///
/// A segment is checked by these alone, without parsing the members between them.
struct LineFrame {
  let id: UInt64
  /// The line is the first of its group: all lines before it were durable when it was written.
  let beginsGroup: Bool
  /// Bytes up to the comma before `"chain"`.
  let bodyLength: Int
  let chain: UInt64

  /// Parses the frame of a line without its newline; nil when it has none.
  init?(_ line: UnsafeRawBufferPointer) {
    guard let end = Chain.seal.end(of: line), let chain = end.digits, end.bodyLength >= Self.idMark.count + 2,
      Self.holds(line, Self.idMark, at: 0)
    else { return nil }
    var position = Self.idMark.count
    var id: UInt64 = 0
    // 19 digits fit; a log never has 2^63 events.
    while position < line.count, position < Self.idMark.count + 19, line[position] &- UInt8(ascii: "0") < 10 {
      id = id * 10 + UInt64(line[position] - UInt8(ascii: "0"))
      position += 1
    }
    guard id > 0, line[Self.idMark.count] != UInt8(ascii: "0"), line[position] == UInt8(ascii: ",") else { return nil }
    self.id = id
    self.chain = chain
    beginsGroup = Self.holds(line, Self.groupMark, at: position)
    bodyLength = end.bodyLength
  }

  /// Returns the position after the line if it follows `position`: with the next id, and the resulting chain.
  func follows(_ position: LogPosition, _ line: UnsafeRawBufferPointer) -> LogPosition? {
    let body = UnsafeRawBufferPointer(rebasing: line[..<bodyLength])
    guard id == position.id + 1, Chain.next(after: position.chain, body: body) == chain else { return nil }
    return LogPosition(id: id, chain: chain)
  }

  /// Appends a complete line with its newline, and returns its chain.
  /// - Parameters:
  ///   - group: the number of lines of the group, on its first line.
  ///   - members: the members between these and `chain`, without braces.
  static func append(
    id: UInt64, group: Int?, members: [UInt8], after previous: UInt64, to bytes: inout [UInt8]
  ) -> UInt64 {
    let start = bytes.count
    bytes.append(contentsOf: idMark)
    JSONText.append(decimal: id, to: &bytes)
    if let group {
      bytes.append(contentsOf: groupMark)
      JSONText.append(decimal: UInt64(group), to: &bytes)
    }
    bytes.append(UInt8(ascii: ","))
    bytes.append(contentsOf: members)
    let chain = bytes.withUnsafeBytes { all in
      Chain.next(after: previous, body: UnsafeRawBufferPointer(rebasing: all[start...]))
    }
    Chain.seal.append(chain, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    return chain
  }

  /// Maximum bytes of a line in addition to its members.
  static let overhead = 96

  private static let idMark = Array("{\"id\":".utf8)
  private static let groupMark = Array(",\"group\":".utf8)

  private static func holds(_ line: UnsafeRawBufferPointer, _ text: [UInt8], at position: Int) -> Bool {
    guard position >= 0, position + text.count <= line.count else { return false }
    for offset in 0..<text.count where line[position + offset] != text[offset] { return false }
    return true
  }
}

/// The hash chain over all lines up to a line: the first 16 hexadecimal digits of SHA-256 over the previous chain's 16
/// digits and the line without its `chain` member and without its newline. Before the first line the chain is the log's
/// id.
enum Chain {
  /// The member at the end of a line.
  static let seal = LineSeal("chain")

  /// - Parameters:
  ///   - previous: the chain before the line.
  ///   - body: the line up to its seal, without the closing brace.
  static func next(after previous: UInt64, body: UnsafeRawBufferPointer) -> UInt64 {
    var digits: [UInt8] = []
    digits.reserveCapacity(Hex.numberLength)
    Hex.append(previous, to: &digits)
    var digest = SealDigest()
    digest.add(digits)
    digest.add(body)
    digest.add(closing)
    return digest.value
  }

  private static let closing: [UInt8] = [UInt8(ascii: "}")]
}
