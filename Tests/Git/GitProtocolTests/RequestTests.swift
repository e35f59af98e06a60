import GitProtocol
import GitValues
import Testing

@Suite("A request")
struct RequestTests {
  private func capabilities(_ words: String) throws -> Capabilities {
    try readAdvertisement(Wire().packet(Array("\(oid("1")) HEAD\0\(words)\n".utf8)).flush).capabilities
  }

  /// Returns the lines of a message; `--` for a delimiter, `..` for a flush.
  private func lines(_ bytes: [UInt8]) throws -> [String] {
    var decoder = PktLineDecoder()
    var lines: [String] = []
    try bytes.withUnsafeBytes { raw in
      var rest = raw
      while let packet = try decoder.next(from: &rest) {
        switch packet {
        case .line(let bytes): lines.append(String(String(decoding: bytes, as: UTF8.self).dropLast()))
        case .flush: lines.append("..")
        case .delimiter: lines.append("--")
        case .responseEnd: lines.append("!!")
        }
      }
    }
    return lines
  }

  @Test("for refs asks for all of them, with what the server offers")
  func lsRefs() throws {
    let old = LsRefsRequest(agent: "remora/1", namesObjectFormat: false, asksForUnborn: false)
    #expect(try lines(old.encoded) == ["command=ls-refs", "agent=remora/1", "--", "peel", "symrefs", ".."])
    let advertised = try readAdvertisement(
      Wire().line("version 2").line("ls-refs=unborn").line("object-format=sha1").flush)
    let new = LsRefsRequest(agent: "remora/1", for: advertised.capabilities)
    #expect(
      try lines(new.encoded)
        == ["command=ls-refs", "agent=remora/1", "object-format=sha1", "--", "peel", "symrefs", "unborn", ".."])
  }

  @Test("for objects of version 2 names each want and have once and never asks for a thin pack")
  func fetchVersion2() throws {
    let request = FetchRequest(
      agent: "remora/1", wants: [oid("a"), oid("b"), oid("a")], haves: [oid("c"), oid("c")], wantsNoProgress: true)
    #expect(
      try lines(request.encodedForVersion2(namesObjectFormat: true)) == [
        "command=fetch", "agent=remora/1", "object-format=sha1", "--", "ofs-delta", "no-progress", "want \(oid("a"))",
        "want \(oid("b"))", "have \(oid("c"))", "done", "..",
      ])
  }

  @Test("for objects of version 0 takes only what is offered, and thin-pack only where no pack can be thin")
  func fetchVersion0() throws {
    let request = FetchRequest(
      agent: "remora/1", wants: [oid("a"), oid("b")], haves: [oid("c")], wantsNoProgress: true)
    let all = try capabilities(
      "multi_ack multi_ack_detailed thin-pack side-band side-band-64k ofs-delta no-progress include-tag agent=x "
        + "object-format=sha1")
    #expect(
      try lines(request.encodedForVersion0(for: all)) == [
        "want \(oid("a")) multi_ack_detailed side-band-64k ofs-delta no-progress object-format=sha1 agent=remora/1",
        "want \(oid("b"))", "..", "have \(oid("c"))", "done",
      ])
    let none = try capabilities("thin-pack")
    #expect(try lines(request.encodedForVersion0(for: none)).first == "want \(oid("a"))")
  }

  @Test("without haves names thin-pack as git does, with haves only to a server that insists")
  func thinPack() throws {
    let offered = try capabilities("multi_ack thin-pack side-band")
    var request = FetchRequest(agent: "r", wants: [oid("a")], haves: [], wantsNoProgress: true)
    #expect(
      try lines(request.encodedForVersion0(for: offered)).first == "want \(oid("a")) multi_ack side-band thin-pack")
    request = FetchRequest(agent: "r", wants: [oid("a")], haves: [oid("b")], wantsNoProgress: true)
    #expect(try lines(request.encodedForVersion0(for: offered)).first == "want \(oid("a")) multi_ack side-band")
    request.namesThinPack = true
    #expect(
      try lines(request.encodedForVersion0(for: offered)).first == "want \(oid("a")) multi_ack side-band thin-pack")
  }

  @Test("a server that answers while it reads gets no more haves than its answers fit in a buffer")
  func interleaved() throws {
    let haves = (1...1_000).compactMap { number in
      let digits = String(number, radix: 16)
      return ObjectID(String(repeating: "0", count: 40 - digits.count) + digits)
    }
    var request = FetchRequest(agent: "r", wants: [oid("a")], haves: haves, wantsNoProgress: true)
    let offered = try capabilities("multi_ack_detailed")
    #expect(try lines(request.encodedForVersion0(for: offered)).count == 1_000 + 3)
    request.isInterleaved = true
    #expect(try lines(request.encodedForVersion0(for: offered)).count == FetchRequest.haveLimit + 3)
    // In basic mode there is one answer for all.
    #expect(try lines(request.encodedForVersion0(for: capabilities("side-band"))).count == 1_000 + 3)
  }
}
