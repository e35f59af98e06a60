import GitProtocol
import GitValues
import Testing

@Suite("An answer to a fetch")
struct FetchResponseParserTests {
  private let pack = Array("PACK and more".utf8)

  @Test("of version 2 gives the pack and the progress beside it", arguments: [1, 5, 1000])
  func version2(pieces: Int) throws {
    let wire = Wire().line("packfile").band(2, Array("Counting\r".utf8)).band(1, Array(pack.prefix(5)))
      .band(1, []).band(1, Array(pack.dropFirst(5))).flush
    let fetched = try readFetch(wire, framing: .version2, pieces: pieces)
    #expect(fetched == Fetched(pack: pack, progress: Array("Counting\r".utf8)))
  }

  @Test("of version 2 may have sections before the pack")
  func sections() throws {
    let wire = Wire().line("acknowledgments").line("ACK \(oid("1"))").line("ready").delimiter.line("wanted-refs")
      .line("\(oid("1")) refs/heads/a").delimiter.line("packfile").band(1, pack).flush
    #expect(try readFetch(wire, framing: .version2) == Fetched(pack: pack, hasCommonObject: true))
  }

  @Test("of version 0 begins with ACK or NAK", arguments: [true, false], [1, 7, 1000])
  func version0(hasCommon: Bool, pieces: Int) throws {
    let first = hasCommon ? "ACK \(oid("1"))" : "NAK"
    let sideBand = Wire().line(first).band(1, pack).flush
    let expected = Fetched(pack: pack, hasCommonObject: hasCommon)
    #expect(try readFetch(sideBand, framing: .version0(sideBand: true), pieces: pieces) == expected)
    let bare = Wire().line(first).adding(pack)
    #expect(try readFetch(bare, framing: .version0(sideBand: false), pieces: pieces) == expected)
  }

  @Test(
    "of version 0 may have a line for each common object first, with and without side-band",
    arguments: ["common", "continue", "ready"], [1, 9, 1000])
  func multipleAcknowledgments(word: String, pieces: Int) throws {
    let lines = Wire().line("ACK \(oid("1")) \(word)").line("ACK \(oid("2")) \(word)").line("ACK \(oid("2"))")
    let expected = Fetched(pack: pack, hasCommonObject: true)
    let sideBand = lines.band(1, pack).flush
    #expect(try readFetch(sideBand, framing: .version0(sideBand: true), pieces: pieces) == expected)
    #expect(try readFetch(lines.adding(pack), framing: .version0(sideBand: false), pieces: pieces) == expected)
  }

  @Test(
    "that is not one is refused by its kind",
    arguments: [
      (Wire(), ProtocolError.Code.truncated),
      (Wire().line("packfile"), .truncated),
      (Wire().line("packfile").band(1, [1, 2]), .truncated),
      (Wire().line("acknowledgments").line("NAK").flush, .malformed),
      (Wire().line("acknowledgments").line("huh").flush, .malformed),
      (Wire().flush, .malformed),
      (Wire().line("packfile").line("PACK"), .malformed),
      (Wire().line("packfile").packet([]), .malformed),
      (Wire().line("packfile").delimiter, .malformed),
      (Wire().line("packfile").band(1, [1]).flush.band(1, [1]), .malformed),
      (Wire().line("packfile-uris").line("x"), .malformed),
      (Wire().line("shallow-info").line("shallow x"), .shallow),
      (Wire().line("ERR no"), .refused),
      (Wire().line("packfile").line("ERR no"), .refused),
      (Wire().line("packfile").band(3, Array("out of memory\n".utf8)), .refused),
      (Wire().line("packfile").band(3, Array("upload-pack: not our ref x".utf8)), .wantedObjectMissing),
    ])
  func refused(wire: Wire, expected: ProtocolError.Code) throws {
    #expect(try code { _ = try readFetch(wire, framing: .version2) } == expected)
    #expect(try code { _ = try readFetch(wire, framing: .version2, pieces: 1) } == expected)
  }

  @Test(
    "of version 0 that is not one is refused by its kind",
    arguments: [
      (Wire().line("NAK"), true, ProtocolError.Code.truncated),
      (Wire().line("NAK"), false, .truncated),
      (Wire().line("NAK").band(1, [1]), true, .truncated),
      (Wire().band(1, [1]).flush, false, .malformed),
      (Wire().line("shallow x"), true, .shallow),
      (Wire().line("ERR upload-pack: not our ref x"), true, .wantedObjectMissing),
    ])
  func refusedVersion0(wire: Wire, sideBand: Bool, expected: ProtocolError.Code) throws {
    #expect(try code { _ = try readFetch(wire, framing: .version0(sideBand: sideBand)) } == expected)
  }

  @Test("that lacks an object names it")
  func missing() throws {
    let wire = Wire().line("ERR upload-pack: not our ref \(oid("a"))")
    let error = #expect(throws: ProtocolError.self) { _ = try readFetch(wire, framing: .version2) }
    #expect(error?.object == oid("a"))
  }

  @Test("lets the receiver's own error through")
  func receiverFails() throws {
    struct Full: Error {}
    var parser = FetchResponseParser(framing: .version2)
    let bytes = Wire().line("packfile").band(1, pack).flush.bytes
    #expect(throws: Full.self) { try bytes.withUnsafeBytes { try parser.consume($0) { _ in throw Full() } } }
  }
}
