import GitTransport
import GitValues
import TestSupport
import Testing

@Suite("A conversation")
struct ConversationTests {
  private static let one = String(repeating: "1", count: 40)
  private static let capabilities = packets("version 2", "ls-refs=unborn", "fetch=shallow", "object-format=sha1", "")
  private static let listing = packets(
    "\(one) HEAD symref-target:refs/heads/main\n", "\(one) refs/heads/main\n", "")
  private static let version0 = packets("\(one) refs/heads/main\0side-band-64k ofs-delta\n", "")
  private static let pack = packets("packfile\n", "\u{1}PACK", "\u{2}Counting\r", "\u{1}more", "")

  private func conversation(_ channel: ScriptedChannel) -> Conversation {
    Conversation(settings: ConversationSettings(subject: "https://example.org/x.git")) { channel }
  }

  @Test(
    "reads the advertisement, then the refs, and remembers a server with all our commands", arguments: [1, 1000])
  func announced(pieces: Int) throws {
    let channel = ScriptedChannel()
    channel.advertisement = .init(bytes: Self.capabilities, pieces: pieces)
    channel.answers = [.init(bytes: Self.listing, pieces: pieces)]
    let conversation = conversation(channel)
    try conversation.connect(to: "")
    let listing = try #require(conversation.listing)
    #expect(listing.protocolVersion == 2)
    #expect(listing.capabilities.contains("ls-refs=unborn"))
    #expect(listing.view.refs.count == 1)
    #expect(channel.isVersion2Noted)
    #expect(channel.requests[0].contains("object-format=sha1"))
    conversation.close()
    #expect(channel.endings == ["finish"])
  }

  @Test("does not remember a server that cannot say unborn")
  func oldServer() throws {
    let channel = ScriptedChannel()
    channel.advertisement = .init(bytes: packets("version 2", "ls-refs", "fetch", ""))
    channel.answers = [.init(bytes: Self.listing)]
    try conversation(channel).connect(to: "")
    #expect(!channel.isVersion2Noted)
    #expect(!channel.requests[0].contains("unborn"))
  }

  @Test("with a remembered server lists in one round trip")
  func assumed() throws {
    let channel = ScriptedChannel()
    channel.mayAssumeVersion2 = true
    channel.answers = [.init(bytes: Self.listing), .init(bytes: Self.pack)]
    let conversation = conversation(channel)
    try conversation.connect(to: "")
    #expect(channel.advertisementCount == 0)
    let oid = try #require(ObjectID(Self.one))
    #expect(try conversation.pack(wants: [oid]).bytes == Array("PACKmore".utf8))
    #expect(!channel.requests[1].contains("object-format"))
  }

  @Test(
    "with a server that is not what it was before goes back to the advertisement",
    arguments: [
      ScriptedChannel.Answer(bytes: packets("ERR mismatched object format")),
      .init(bytes: []),
      .init(bytes: Array("<html>".utf8)),
      .init(bytes: packets("\(one) HEAD\0caps", "")),
      .init(error: TransportError(.serverError, operation: "x", subject: "x")),
      .init(error: TransportError(.sourceNotFound, operation: "x", subject: "x")),
      .init(error: TransportError(.connectionLost, operation: "x", subject: "x")),
    ])
  func fallsBack(answer: ScriptedChannel.Answer) throws {
    let channel = ScriptedChannel()
    channel.mayAssumeVersion2 = true
    channel.advertisement = .init(bytes: Self.version0)
    channel.answers = [answer]
    let conversation = conversation(channel)
    // The NUL of the fourth answer makes a broken ref, not a failure: then there is nothing to go back for.
    try conversation.connect(to: "")
    let listing = try #require(conversation.listing)
    #expect(listing.protocolVersion == (listing.view.broken.isEmpty ? 0 : 2))
  }

  @Test("does not ask a second time when the network is at fault", arguments: ["timeout", "tls_failed", "dns_failed"])
  func networkFault(code: String) throws {
    let channel = ScriptedChannel()
    channel.mayAssumeVersion2 = true
    channel.answers = [.init(error: TransportError(.init(rawValue: code), operation: "x", subject: "x"))]
    let conversation = conversation(channel)
    let error = #expect(throws: TransportError.self) { try conversation.connect(to: "") }
    #expect(error?.code.rawValue == code)
    #expect(channel.advertisementCount == 0)
    #expect(channel.endings == ["abort"])
  }

  @Test("with a version 0 server fetches with what it offers")
  func version0() throws {
    let channel = ScriptedChannel()
    channel.advertisement = .init(bytes: Self.version0)
    channel.answers = [.init(bytes: packets("NAK\n", "\u{1}PACK", ""))]
    let conversation = conversation(channel)
    try conversation.connect(to: "")
    let oid = try #require(ObjectID(Self.one))
    #expect(try conversation.pack(wants: [oid], haves: [oid]).bytes == Array("PACK".utf8))
    #expect(
      channel.requests == ["004awant \(Self.one) side-band-64k ofs-delta\n00000032have \(Self.one)\n0009done\n"])
  }

  @Test(
    "says by its code what is wrong",
    arguments: [
      (packets("ERR no such thing"), TransportError.Code.serverRefused, FailureDisposition.backOff),
      (Array("<!DOCTYPE html>".utf8), .sourceNotARepository, .needsOperator),
      ([], .connectionLost, .retryNow),
      (packets("version 2", "ls-refs"), .connectionLost, .retryNow),
      (packets("version 2", "ls-refs", ""), .protocolError, .backOff),
      (packets("version 2", "object-format=sha256", ""), .unsupportedObjectFormat, .needsOperator),
      (packets("\(one) HEAD\0x\n", "shallow \(one)\n", ""), .sourceShallow, .needsOperator),
      (packets("version 7", ""), .protocolError, .backOff),
    ])
  func codes(bytes: [UInt8], code: TransportError.Code, disposition: FailureDisposition) throws {
    let channel = ScriptedChannel()
    channel.advertisement = .init(bytes: bytes)
    let conversation = conversation(channel)
    let error = #expect(throws: TransportError.self) { try conversation.connect(to: "https://user:secret@example.org") }
    #expect(error?.code == code)
    #expect(error?.disposition == disposition)
    #expect(error?.description.hasPrefix("list refs of https://example.org/x.git: ") == true)
    #expect(channel.endings == ["abort"])
    #expect(conversation.listing == nil)
  }

  @Test("never takes a pack for whole that is cut anywhere")
  func truncatedPack() throws {
    let oid = try #require(ObjectID(Self.one))
    for length in 0..<Self.pack.count {
      let channel = ScriptedChannel()
      channel.advertisement = .init(bytes: Self.capabilities)
      channel.answers = [.init(bytes: Self.listing), .init(bytes: Array(Self.pack.prefix(length)))]
      let conversation = conversation(channel)
      try conversation.connect(to: "")
      let error = #expect(throws: TransportError.self) { _ = try conversation.pack(wants: [oid]) }
      #expect(error?.code == .connectionLost)
      #expect(channel.endings == ["abort"])
    }
  }

  @Test("adds what the server's process said to an answer that just ends")
  func diagnostics() throws {
    let channel = ScriptedChannel()
    channel.diagnostics = "fatal: out of memory"
    let conversation = conversation(channel)
    let error = #expect(throws: TransportError.self) { try conversation.connect(to: "") }
    #expect(error?.cause == "the server answered nothing (fatal: out of memory)")
  }

  @Test("gives its channel up when it goes away without a word")
  func forgotten() throws {
    let channel = ScriptedChannel()
    channel.advertisement = .init(bytes: Self.version0)
    do {
      let conversation = conversation(channel)
      try conversation.connect(to: "")
    }
    #expect(channel.endings == ["abort"])
  }
}
