import GitProtocol
import GitValues
import Testing

@Suite("pkt-lines")
struct PktLineTests {
  /// A packet, copied out.
  enum Cut: Equatable {
    case line([UInt8])
    case flush, delimiter, responseEnd
  }

  private func cut(_ bytes: [UInt8], pieces: Int) throws -> [Cut] {
    var decoder = PktLineDecoder()
    var cuts: [Cut] = []
    try inPieces(bytes, of: pieces) { piece in
      var rest = piece
      while let packet = try decoder.next(from: &rest) {
        switch packet {
        case .line(let bytes): cuts.append(.line(Array(bytes)))
        case .flush: cuts.append(.flush)
        case .delimiter: cuts.append(.delimiter)
        case .responseEnd: cuts.append(.responseEnd)
        }
      }
      #expect(rest.isEmpty)
    }
    try decoder.finish()
    return cuts
  }

  @Test("are cut the same wherever the stream is", arguments: [1, 2, 3, 4, 5, 7, 64, 65536])
  func pieces(size: Int) throws {
    let long = [UInt8](repeating: 0x61, count: 65516)
    let wire = Wire().line("a").packet([]).flush.delimiter.packet(long).adding(Array("0002".utf8)).line("b")
    #expect(
      try cut(wire.bytes, pieces: size)
        == [
          .line(Array("a\n".utf8)), .line([]), .flush, .delimiter, .line(long), .responseEnd, .line(Array("b\n".utf8)),
        ])
  }

  @Test("take lengths in either case")
  func upperCase() throws {
    #expect(try cut(Array("000Aabcdef".utf8), pieces: 100) == [.line(Array("abcdef".utf8))])
  }

  @Test(
    "with a bad length are refused",
    arguments: ["0003", "fff1", "ffff", "000g", "-001", " 000", "0x10", "<!DO", "\u{0}\u{0}\u{0}\u{0}"], [1, 100])
  func badLength(header: String, size: Int) throws {
    #expect(try code { _ = try cut(Array(header.utf8), pieces: size) } == .malformed)
  }

  @Test("that are cut off are refused", arguments: ["0", "000", "0005", "000aabcde", "fff0a"])
  func truncated(text: String) throws {
    #expect(try code { _ = try cut(Array(text.utf8), pieces: 100) } == .truncated)
    #expect(try code { _ = try cut(Array(text.utf8), pieces: 1) } == .truncated)
  }

  @Test("are written as they are read")
  func encoder() {
    var encoder = PktLineEncoder()
    encoder.line("command=fetch")
    encoder.delimiter()
    encoder.line("want", oid("a"))
    encoder.line("want", oid("b"), " ofs-delta")
    encoder.flush()
    let expected =
      "0012command=fetch\n0001" + "0032want \(oid("a"))\n" + "003cwant \(oid("b")) ofs-delta\n" + "0000"
    #expect(String(decoding: encoder.bytes, as: UTF8.self) == expected)
  }
}
