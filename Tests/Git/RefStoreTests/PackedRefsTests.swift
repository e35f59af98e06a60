import Foundation
import GitValues
import RefStore
import TestSupport
import Testing

@Suite("packed-refs")
struct PackedRefsTests {
  private static let one = "0123456789abcdef0123456789abcdef01234567"
  private static let two = "89abcdef0123456789abcdef0123456789abcdef"
  private static let header = "# pack-refs with: peeled fully-peeled sorted \n"

  private static func parse(_ text: String) -> PackedRefs { PackedRefs(parsing: Array(text.utf8)) }

  /// Branches, annotated tags of commits, trees, blobs and tags, and names that sort and compare in odd ways.
  private static func repository(at path: String) throws -> TestRepository {
    var builder = RepositoryBuilder()
    let commit = builder.commit(["a": "1\n"])
    let blob = builder.blob(Array("blob\n".utf8))
    let tag = builder.tag("v1", of: commit)
    builder.tag("v1-again", of: tag)
    builder.tag("blob", of: blob)
    builder.tag("tree", of: builder.tree(of: commit))
    for name in ["main", "a", "a-b", "z/y/x", "\u{E9}", "e\u{301}", "100%", "-dash", "@", "quote\"'"] {
      builder.branch(name, at: commit)
    }
    builder.ref("refs/pull/1/head", at: commit)
    return try builder.build(at: path)
  }

  @Test("what git packed is read as git reads it, and written again byte for byte")
  func gitIsReferee() throws {
    try withTemporaryDirectory("packed") { directory in
      let repository = try Self.repository(at: directory.path("r.git"))
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.path("r.git/packed-refs"))))
      let packed = PackedRefs(parsing: bytes)
      let expected = try repository.git.forEachRef(".")
      #expect(packed.broken.isEmpty)
      #expect(packed.isFullyPeeled)
      #expect(Array(packed.refs) == Array(expected))
      #expect(PackedRefs.serialize(packed.refs) == bytes)
    }
  }

  @Test("what we write is what git reads, peeled values included")
  func gitReadsOurs() throws {
    try withTemporaryDirectory("packed") { directory in
      let repository = try Self.repository(at: directory.path("r.git"))
      let expected = try repository.git.forEachRef(".")
      let lines = try GitCommand().lsRemote(repository.path)
      try directory.write(bytes: PackedRefs.serialize(expected), to: "r.git/packed-refs")
      #expect(try Array(repository.git.forEachRef(".")) == Array(expected))
      #expect(try GitCommand().lsRemote(repository.path) == lines)
      #expect(try repository.git.fsck(".") == [])
    }
  }

  @Test("lines in any order are read as sorted refs; a file without a header declares no peeled values")
  func unsorted() {
    let packed = Self.parse("\(Self.one) refs/tags/b\n^\(Self.two)\n\(Self.two) refs/heads/a\n")
    #expect(packed.refs.map(\.name.description) == ["refs/heads/a", "refs/tags/b"])
    #expect(packed.refs.peeled(at: 1)?.hex == Self.two)
    #expect(!packed.isFullyPeeled)
    #expect(packed.broken.isEmpty)
  }

  @Test("an empty file and a file of a header alone hold no refs", arguments: ["", header])
  func empty(text: String) {
    #expect(Self.parse(text).refs.isEmpty)
    #expect(Self.parse(text).broken.isEmpty)
  }

  @Test("no refs are written as the header alone")
  func writesNothing() { #expect(PackedRefs.serialize(RefListing()) == Array(Self.header.utf8)) }

  @Test("composed and decomposed letters are two refs")
  func normalisation() {
    let packed = Self.parse("\(Self.one) refs/heads/e\u{301}\n\(Self.two) refs/heads/\u{E9}\n")
    #expect(packed.refs.count == 2)
    #expect(packed.refs.oid(of: ReferenceName("refs/heads/e\u{301}"))?.hex == Self.one)
    #expect(packed.refs.oid(of: ReferenceName("refs/heads/\u{E9}"))?.hex == Self.two)
  }

  static let damage: [(line: String, name: String, reason: String)] = [
    ("", "", "unreadable line"),
    (one, one, "unreadable line"),
    ("\(one) ", "\(one) ", "unreadable line"),
    ("\(one)\trefs/heads/x", "\(one)%09refs/heads/x", "unreadable line"),
    ("\(one.dropLast()) refs/heads/x", "\(one.dropLast()) refs/heads/x", "unreadable line"),
    ("\(one.dropLast())g refs/heads/x", "\(one.dropLast())g refs/heads/x", "unreadable line"),
    ("garbage", "garbage", "unreadable line"),
    ("\(one) refs/heads/x\r", "refs/heads/x%0D", "invalid name"),
    ("\(one) refs/heads/../x", "refs/heads/../x", "invalid name"),
    ("\(one) heads/x", "heads/x", "invalid name"),
    ("\(one) refs/heads/x ", "refs/heads/x ", "invalid name"),
    ("\(String(repeating: "0", count: 40)) refs/heads/x", "refs/heads/x", "null oid"),
    ("^\(two)", "^\(two)", "peeled value without its ref"),
  ]

  @Test("a damaged line is named, and the refs round it are read", arguments: damage)
  func damaged(line: String, name: String, reason: String) {
    let packed = Self.parse("\(Self.header)\(Self.one) refs/heads/a\n# comment\n\(line)\n\(Self.two) refs/heads/z\n")
    #expect(packed.refs.map(\.name.description) == ["refs/heads/a", "refs/heads/z"])
    #expect(packed.broken.map(\.name.description) == [name])
    #expect(packed.broken.map(\.reason) == [reason])
  }

  @Test("a peeled value that is none is damage, and the ref before it stays")
  func damagedPeeled() {
    let packed = Self.parse("\(Self.one) refs/tags/a\n^\(Self.two.dropLast())\n")
    #expect(packed.refs.map(\.name.description) == ["refs/tags/a"])
    #expect(packed.broken.map(\.reason) == ["peeled value without its ref"])
  }

  @Test("a last line without its newline is damage, as git has it")
  func tornLine() throws {
    let packed = Self.parse("\(Self.one) refs/heads/a\n\(Self.two) refs/heads/mai")
    #expect(packed.refs.map(\.name.description) == ["refs/heads/a"])
    #expect(packed.broken.map(\.reason) == ["line without an end"])
    try withTemporaryDirectory("packed") { directory in
      let repository = try Self.repository(at: directory.path("r.git"))
      try directory.write("\(Self.one) refs/heads/a\n\(Self.two) refs/heads/mai", to: "r.git/packed-refs")
      #expect(try repository.git.attempt(["for-each-ref"]).isSuccess == false)
    }
  }

  @Test("a file that two threads read is read as its lines say, wherever it is parted", arguments: [0, 1, 2])
  func large(shift: Int) throws {
    // The middle falls on a ref, on a peeled value, and on what is broken.
    var text = Self.header
    var names: [String] = []
    for number in 0..<60_000 {
      let name = "refs/tags/\(number + 100_000)" + (number % 7 == 0 ? String(repeating: "x", count: shift) : "")
      text += "\(Self.one) \(name)\n^\(Self.two)\n"
      names.append(name)
      if number % 10_000 == 5_000 { text += "broken\n" }
    }
    #expect(text.utf8.count > 5 << 20)
    let packed = Self.parse(text)
    #expect(packed.refs.map(\.name.description) == names)
    #expect(packed.refs.allSatisfy { $0.peeled?.hex == Self.two })
    #expect(packed.broken.count == 6 && packed.isFullyPeeled)
    // Out of order from half to half.
    let turned = Self.header + text.dropFirst(Self.header.count).replacing("refs/tags/12", with: "refs/heads/12")
    #expect(
      Self.parse(turned).refs.map(\.name.description)
        == names.map { $0.replacing("refs/tags/12", with: "refs/heads/12") }.sorted())
  }
}
