internal import TextBytes

/// What every line has, whatever it says: `{"id":ID,` or `{"id":ID,"group":N,` at its start, `,"chain":"CHAIN"}` at
/// its end.
///
/// Enough to walk a segment and to check it: the rest of a line need not be understood for that.
struct LineFrame {
  let id: UInt64
  /// The line was the first of those that were written together: when it was written, all before it was on disk.
  let beginsGroup: Bool
  /// Bytes up to the comma before `"chain"`.
  let bodyLength: Int
  let chain: UInt64

  /// Reads the frame of a line without its newline; nil when it has none.
  init?(_ line: UnsafeRawBufferPointer) {
    let tail = Self.chainMark.count + 16 + 2
    guard line.count >= Self.idMark.count + 2 + tail, Self.holds(line, Self.idMark, at: 0),
      line[line.count - 1] == UInt8(ascii: "}"), line[line.count - 2] == UInt8(ascii: "\""),
      Self.holds(line, Self.chainMark, at: line.count - tail),
      let chain = Hex.number(utf8: UnsafeRawBufferPointer(rebasing: line[(line.count - 18)..<(line.count - 2)]))
    else { return nil }
    var position = Self.idMark.count
    var id: UInt64 = 0
    // 19 digits fit; 2^63 events are more than there will be.
    while position < line.count, position < Self.idMark.count + 19, line[position] &- UInt8(ascii: "0") < 10 {
      id = id * 10 + UInt64(line[position] - UInt8(ascii: "0"))
      position += 1
    }
    guard id > 0, line[Self.idMark.count] != UInt8(ascii: "0"), line[position] == UInt8(ascii: ",") else { return nil }
    self.id = id
    self.chain = chain
    beginsGroup = Self.holds(line, Self.groupMark, at: position)
    bodyLength = line.count - tail
  }

  /// The position behind the line when it is the one that follows `position`: the next id, and the chain that results.
  func follows(_ position: LogPosition, _ line: UnsafeRawBufferPointer) -> LogPosition? {
    let body = UnsafeRawBufferPointer(rebasing: line[..<bodyLength])
    guard id == position.id + 1, Chain.next(after: position.chain, body: body) == chain else { return nil }
    return LogPosition(id: id, chain: chain)
  }

  /// Appends a whole line with its newline, and returns its chain.
  /// - Parameters:
  ///   - group: how many lines are written together, on the first of them.
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
    bytes.append(contentsOf: chainMark)
    Hex.append(chain, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "\n"))
    return chain
  }

  /// Bytes that a line has besides its members, at most.
  static let overhead = 96

  private static let idMark = Array("{\"id\":".utf8)
  private static let groupMark = Array(",\"group\":".utf8)
  private static let chainMark = Array(",\"chain\":\"".utf8)

  private static func holds(_ line: UnsafeRawBufferPointer, _ text: [UInt8], at position: Int) -> Bool {
    guard position >= 0, position + text.count <= line.count else { return false }
    for offset in 0..<text.count where line[position + offset] != text[offset] { return false }
    return true
  }
}
