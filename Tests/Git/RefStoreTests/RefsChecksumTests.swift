import GitValues
import RefStore
import TestSupport
import Testing

@Suite("Refs checksums")
struct RefsChecksumTests {
  private static let first = "f21f76b804422462e79f9f99d5b14856e130ed71"
  private static let second = "860de2dde3d6673d4a494d3c2ceeae9786a556ba"
  private static let unborn = Head.unborn(target: ReferenceName("refs/heads/none"))

  private static func view(_ lines: [String], head: Head = unborn) -> RefView {
    var refs = RefListing()
    for line in lines {
      guard let oid = ObjectID(String(line.prefix(40))) else { continue }
      refs.append(name: ReferenceName(String(line.dropFirst(41))), oid: oid)
    }
    return RefView(head: head, refs: refs)
  }

  private static let mcduck = [
    "c1a05cb6753c683b5c90f574bb8e630064a34fb1 refs/heads/branch",
    "2205cce3e73cc475c93dea19b42bc5c4eb8bc431 refs/notes/note",
    "b96d259eacd8eccc9da5e387b19a6406858d4cd3 refs/tags/v1.0.0",
  ]

  /// Inputs and answers of Gitaly's own tests, and one with a leading zero byte (facts: Gitaly drops it).
  static let gitaly: [(lines: [String], checksum: String)] = [
    ([], "0000000000000000000000000000000000000000"),
    (["\(first) refs/heads/master"], "bba299616da21e268890f1691c3f6ea788c6cdc9"),
    (["\(first) refs/heads/master", "\(first) refs/heads/feature"], "f5c4203236292be5f212710c0b042051ba3e14cf"),
    (["\(first) refs/heads/master", "\(second) refs/heads/feature"], "56ca38be577db6bdda47a840d1061ad47abc3619"),
    (
      ["\(first) refs/heads/master", "\(first) refs/heads/feature", "\(first) refs/heads/feature"],
      "bba299616da21e268890f1691c3f6ea788c6cdc9"
    ),
    (["\(first) refs/heads/master", "\(second) foo/bar"], "bba299616da21e268890f1691c3f6ea788c6cdc9"),
    (["\(first) refs/heads/b203"], "e0c8b55c106d3f9a338da2daf8d5b939ea4ac2"),
    (mcduck, "7e3f9735e6f6c7de4f21b123cb6e34f428118a7e"),
    (mcduck + ["\(first) refs/unknown/namespace"], "7e3f9735e6f6c7de4f21b123cb6e34f428118a7e"),
    (mcduck + ["\(first) refs/pipelines/7"], "7e3f9735e6f6c7de4f21b123cb6e34f428118a7e"),
    (mcduck + ["\(first) refs/remotes/origin/x"], "7e3f9735e6f6c7de4f21b123cb6e34f428118a7e"),
  ]

  @Test("gitaly gives what Gitaly gives", arguments: gitaly)
  func gitalyVectors(lines: [String], checksum: String) {
    #expect(RefsChecksum.gitaly.digest(of: Self.view(lines)) == checksum)
  }

  @Test("gitaly ignores the order, and counts what only contains a namespace or HEAD")
  func gitalyQuirks() {
    let plain = RefsChecksum.gitaly.digest(of: Self.view(Self.mcduck))
    #expect(RefsChecksum.gitaly.digest(of: Self.view(Self.mcduck.reversed())) == plain)
    for counted in ["refs/remotes/origin/HEAD", "refs/pipelines/refs/heads/x"] {
      #expect(RefsChecksum.gitaly.digest(of: Self.view(Self.mcduck + ["\(Self.first) \(counted)"])) != plain)
    }
  }

  /// Repositories with every kind of HEAD.
  static let heads: [(title: String, head: RepositoryBuilder.HeadChoice?)] = [
    ("ordinary", nil), ("detached", .detached(.mark(1))), ("unborn", .branch("nothing/yet")),
    ("through an alias", .symbolic("refs/heads/alias")),
  ]

  @Test("all three are what git and coreutils compute over the same repository", arguments: heads.indices)
  func gitIsReferee(index: Int) throws {
    try withTemporaryDirectory("checksum") { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit(["a": "1\n"])
      builder.branch("main", at: commit)
      builder.tag("v1", of: commit)
      builder.ref("refs/pull/1/head", at: builder.commit(["a": "2\n"], parents: [commit]))
      builder.symbolicRef("refs/heads/alias", to: "refs/heads/main")
      builder.head = Self.heads[index].head
      let repository = try builder.build(at: directory.path("r.git"))
      let view = try repository.view()
      #expect(try RefsChecksum.sha256.digest(of: view) == GitCommand().checksum(repository.path))
      let shown = try repository.git.run("show-ref").output
      #expect(RefsChecksum.grokmirror.digest(of: view) == (try Self.sha1(shown)))
      let lines = try repository.git.run("show-ref", "--head").lines
      #expect(RefsChecksum.gitaly.digest(of: view) == (try Self.gitaly(lines)))
    }
  }

  private static func sha1(_ bytes: [UInt8]) throws -> String {
    let outcome: ProcessOutcome = try ChildProcess("sha1sum", input: .bytes(bytes)).outcome()
    return String(outcome.text.prefix(40))
  }

  /// Gitaly's rule, with grep's expression and coreutils' hash.
  private static func gitaly(_ lines: [String]) throws -> String {
    var folded = [UInt8](repeating: 0, count: 20)
    for line in lines {
      let expression = /HEAD|(refs\/(heads|tags|keep-around|merge-requests|environments|notes)\/)/
      guard line.contains(expression), let digest = ObjectID(try sha1(Array(line.utf8))) else { continue }
      digest.withBytes { for (position, byte) in $0.enumerated() { folded[position] ^= byte } }
    }
    let digits = folded.drop { $0 == 0 }.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return digits.joined()
  }

  @Test("an empty repository has a checksum of its HEAD line alone")
  func empty() throws {
    try withTemporaryDirectory("checksum") { directory in
      let repository = try RepositoryBuilder().build(at: directory.path("r.git"))
      let view = try repository.view()
      #expect(view.refs.isEmpty)
      #expect(try RefsChecksum.sha256.digest(of: view) == GitCommand().checksum(repository.path))
      #expect(RefsChecksum.grokmirror.digest(of: view) == (try Self.sha1([])))
    }
  }

  @Test(
    "a listing of several blocks has the digest that git and coreutils compute", arguments: [32_768, 32_769, 70_000])
  func large(count: Int) throws {
    try withTemporaryDirectory("checksum") { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit(["a": "1\n"])
      builder.branch("main", at: commit)
      let repository = try builder.build(at: directory.path("r.git"))
      let oid = try repository.oid("refs/heads/main")
      try repository.git.run("update-ref", "-d", "refs/heads/main")
      let lines = (0..<count).map { "\(oid) refs/pull/\(1_000_000 + $0)/head\n" }.joined()
      try directory.write("# pack-refs with: peeled fully-peeled sorted \n" + lines, to: "r.git/packed-refs")
      let view = try repository.view()
      #expect(view.refs.count == count)
      #expect(try RefsChecksum.sha256.digest(of: view) == GitCommand().checksum(repository.path))
    }
  }
}
