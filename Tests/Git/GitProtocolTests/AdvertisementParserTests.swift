import GitProtocol
import GitValues
import Testing

@Suite("An advertisement")
struct AdvertisementParserTests {
  private let main = ReferenceName("refs/heads/main")

  private func firstLine(_ oid: ObjectID, _ name: String, _ capabilities: String) -> [UInt8] {
    Array("\(oid) \(name)\0\(capabilities)\n".utf8)
  }

  private var version0: Wire {
    Wire()
      .packet(firstLine(oid("1"), "HEAD", "multi_ack ofs-delta symref=HEAD:refs/heads/main agent=git/2.39.5"))
      .line("\(oid("1")) refs/heads/main")
      .line("\(oid("2")) refs/tags/v1")
      .line("\(oid("3")) refs/tags/v1^{}")
      .flush
  }

  @Test("of version 0 lists refs, peeled values and HEAD", arguments: [1, 3, 1000])
  func version0(pieces: Int) throws {
    let read = try readAdvertisement(version0, pieces: pieces)
    #expect(read.version == 0)
    #expect(read.capabilities.contains("ofs-delta"))
    #expect(!read.capabilities.contains("ofs"))
    #expect(read.capabilities.value(of: "agent") == Array("git/2.39.5".utf8))
    let view = try #require(read.view)
    #expect(view.head == .symbolic(target: main, oid: oid("1")))
    #expect(
      Array(view.refs) == [
        .init(name: main, oid: oid("1")),
        .init(name: ReferenceName("refs/tags/v1"), oid: oid("2"), peeled: oid("3")),
      ])
    #expect(view.broken.isEmpty)
    #expect(!read.isShallow)
  }

  @Test("is the same after the prelude of HTTP")
  func prelude() throws {
    let wire = Wire().line("# service=git-upload-pack").flush.adding(version0.bytes)
    #expect(try readAdvertisement(wire).view == readAdvertisement(version0).view)
  }

  @Test("of version 1 is one of version 0 with a line before")
  func version1() throws {
    let read = try readAdvertisement(Wire().line("version 1").adding(version0.bytes))
    #expect(read.version == 1)
    #expect(read.view?.refs.count == 2)
  }

  @Test("of version 2 names capabilities and no refs", arguments: [false, true])
  func version2(hasPrelude: Bool) throws {
    let prelude = hasPrelude ? Wire().line("# service=git-upload-pack").flush : Wire()
    let wire = prelude.line("version 2").line("agent=x").line("ls-refs=unborn").line("fetch=shallow wait-for-done")
      .line("object-format=sha1").flush
    let read = try readAdvertisement(wire)
    #expect(read.version == 2)
    #expect(read.view == nil)
    #expect(read.capabilities.value(of: "ls-refs", hasWord: "unborn"))
    #expect(read.capabilities.value(of: "fetch", hasWord: "wait-for-done"))
    #expect(!read.capabilities.value(of: "fetch", hasWord: "wait"))
  }

  @Test("of an empty repository has no refs", arguments: [true, false])
  func empty(hasCapabilities: Bool) throws {
    let line = firstLine(.zero, "capabilities^{}", "ofs-delta")
    let wire = hasCapabilities ? Wire().packet(line).flush : Wire().flush
    let view = try #require(try readAdvertisement(wire).view)
    #expect(view == RefView(head: .unknown, refs: RefListing()))
  }

  @Test("recognizes a detached HEAD by its lack of a symref")
  func detached() throws {
    let wire = Wire().packet(firstLine(oid("1"), "HEAD", "x")).line("\(oid("2")) refs/heads/main").flush
    #expect(try readAdvertisement(wire).view?.head == .detached(oid("1")))
  }

  @Test("recognizes an unborn HEAD when the symref is named although HEAD is not listed")
  func unborn() throws {
    let wire = Wire().packet(firstLine(oid("1"), "refs/heads/a", "symref=HEAD:refs/heads/b")).flush
    #expect(try readAdvertisement(wire).view?.head == .unborn(target: ReferenceName("refs/heads/b")))
  }

  @Test("may have a HEAD that leads to a tag object")
  func headPeeled() throws {
    let wire = Wire().packet(firstLine(oid("1"), "HEAD", "x")).line("\(oid("2")) HEAD^{}").flush
    #expect(try readAdvertisement(wire).view?.head == .detached(oid("1")))
  }

  @Test("takes the target's oid for HEAD when the lines disagree: they are of two moments")
  func racingHead() throws {
    let wire = Wire().packet(firstLine(oid("1"), "HEAD", "symref=HEAD:refs/heads/main"))
      .line("\(oid("2")) refs/heads/main").flush
    #expect(try readAdvertisement(wire).view?.head == .symbolic(target: main, oid: oid("2")))
  }

  @Test("with a shallow line says so")
  func shallow() throws {
    let wire = Wire().packet(firstLine(oid("1"), "HEAD", "x")).line("shallow \(oid("2"))").flush
    #expect(try readAdvertisement(wire).isShallow)
  }

  @Test("names each broken ref and keeps the others")
  func broken() throws {
    let wire = Wire().packet(firstLine(oid("1"), "refs/heads/a", "x"))
      .line("\(ObjectID.zero) refs/heads/null")
      .line("\(oid("1")) refs/heads/bad..name")
      .line("\(oid("1")) refs/tags/bad..tag").line("\(oid("2")) refs/tags/bad..tag^{}")
      .packet(Array("\(oid("1")) refs/heads/nul\0x\n".utf8))
      .packet(Array("\(oid("1")) refs/heads/two\nlines\n".utf8))
      .line("\(oid("1")) outside")
      .line("\(oid("1")) refs/heads/twice").line("\(oid("2")) refs/heads/twice")
      .line("rubbish")
      .line("\(oid("1")) refs/heads/z").flush
    let view = try #require(try readAdvertisement(wire).view)
    #expect(view.refs.map(\.name) == [ReferenceName("refs/heads/a"), ReferenceName("refs/heads/z")])
    #expect(
      view.broken.map { "\($0.name): \($0.reason)" } == [
        "refs/heads/null: null oid", "refs/heads/bad..name: invalid name", "refs/tags/bad..tag: invalid name",
        "refs/heads/nul%00x: invalid name", "refs/heads/two%0Alines: invalid name", "outside: invalid name",
        "rubbish: unparsable line", "refs/heads/twice: listed twice",
      ])
  }

  @Test("whose HEAD points at a name that git forbids has a broken HEAD")
  func badHead() throws {
    let wire = Wire().packet(firstLine(oid("1"), "HEAD", "symref=HEAD:refs/heads/../x")).flush
    let view = try #require(try readAdvertisement(wire).view)
    #expect(view.head == .unknown)
    #expect(view.broken.map(\.name) == [.head])
  }

  @Test(
    "that is not one is refused by its kind",
    arguments: [
      ("<!DOCTYPE html><html></html>", ProtocolError.Code.notGit),
      ("\n  <html>", .notGit),
      ("{\"error\":1}", .notGit),
      ("<", .notGit),
      ("Not found", .notGit),
      ("ffffbeef", .malformed),
      ("", .truncated),
      ("001e# service=git-upload-pack\n0000", .truncated),
      ("001f# service=git-receive-pack\n0000", .malformed),
      ("001e# service=git-upload-pack\n000eversion 2\n0000", .malformed),
      ("000eversion 3\n0000", .malformed),
      ("0016ERR access denied\n", .refused),
      ("0049ERR upload-pack: not our ref \(oidText)", .wantedObjectMissing),
      ("000eversion 2\n00000000", .malformed),
      ("000eversion 2\n0001", .malformed),
    ])
  func refused(text: String, expected: ProtocolError.Code) throws {
    let wire = Wire().adding(Array(text.utf8))
    #expect(try code { _ = try readAdvertisement(wire) } == expected)
    #expect(try code { _ = try readAdvertisement(wire, pieces: 1) } == expected)
  }

  private static let oidText = "1111111111111111111111111111111111111111"

  @Test("of a SHA-256 repository is refused by name", arguments: [0, 2])
  func sha256(version: Int) throws {
    let long = String(repeating: "1", count: 64)
    let wire =
      version == 2
      ? Wire().line("version 2").line("ls-refs").line("object-format=sha256").flush
      : Wire().packet(Array("\(long) HEAD\0ofs-delta object-format=sha256\n".utf8)).flush
    let error = #expect(throws: ProtocolError.self) { _ = try readAdvertisement(wire) }
    #expect(error?.code == .unsupportedObjectFormat)
    #expect(error?.detail.contains("SHA-256") == true)
  }

  @Test(
    "with a peeled value that belongs to no tag is refused",
    arguments: [
      ["\(oidText) refs/tags/other^{}"], ["\(oidText) refs/heads/a^{}", "\(oidText) refs/heads/a^{}"],
      ["\(oidText) HEAD^{}"], ["rubbish", "\(oidText) rubbish^{}"],
      ["0000000000000000000000000000000000000000 refs/heads/a^{}"],
    ])
  func stray(lines: [String]) throws {
    var wire = Wire().packet(firstLine(oid("1"), "refs/heads/a", "x"))
    for line in lines { wire = wire.line(line) }
    #expect(try code { _ = try readAdvertisement(wire.flush) } == .malformed)
  }

  @Test("has limits on refs and bytes")
  func limits() throws {
    #expect(try code { _ = try readAdvertisement(version0, limits: .init(refs: 3)) } == nil)
    #expect(try code { _ = try readAdvertisement(version0, limits: .init(refs: 2)) } == .limitExceeded)
    let count = version0.bytes.count
    #expect(try code { _ = try readAdvertisement(version0, limits: .init(bytes: count)) } == nil)
    #expect(try code { _ = try readAdvertisement(version0, limits: .init(bytes: count - 1)) } == .limitExceeded)
    var many = Wire().line("version 2")
    for number in 0...600 { many = many.line("x\(number)") }
    #expect(try code { _ = try readAdvertisement(many.flush) } == .limitExceeded)
  }
}
