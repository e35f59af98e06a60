import GitProtocol
import GitValues
import Testing

@Suite("A request")
struct RequestTests {
  private func capabilities(_ words: String) throws -> Capabilities {
    try readAdvertisement(Wire().packet(Array("\(oid("1")) HEAD\0\(words)\n".utf8)).flush).capabilities
  }

  /// The lines of a message; `--` for a delimiter, `..` for a flush.
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

  @Test("for objects of version 0 takes only what is offered, and never multi_ack or thin-pack")
  func fetchVersion0() throws {
    let request = FetchRequest(
      agent: "remora/1", wants: [oid("a"), oid("b")], haves: [oid("c")], wantsNoProgress: true)
    let all = try capabilities(
      "multi_ack multi_ack_detailed thin-pack side-band side-band-64k ofs-delta no-progress include-tag agent=x "
        + "object-format=sha1")
    #expect(
      try lines(request.encodedForVersion0(for: all)) == [
        "want \(oid("a")) side-band-64k ofs-delta no-progress object-format=sha1 agent=remora/1", "want \(oid("b"))",
        "..", "have \(oid("c"))", "done",
      ])
    let none = try capabilities("thin-pack")
    #expect(try lines(request.encodedForVersion0(for: none)).first == "want \(oid("a"))")
  }
}
