import Foundation
import TestSupport
import Testing

@Suite("remora checksum")
struct ChecksumCommandTests {
  static let keys: Set<String> = ["repository", "algorithm", "checksum", "refs", "broken"]

  /// Repositories whose HEAD or refs are special, and how to make them so.
  enum Shape: String, CaseIterable {
    case ordinary, detached, unborn, alias, empty, hidden, loose

    func change(_ builder: inout RepositoryBuilder, _ commit: BuiltObject) {
      switch self {
      case .ordinary, .empty, .hidden: break
      case .loose: builder.refStorage = .loose
      case .detached: builder.head = .detached(commit)
      case .unborn: builder.head = .branch("not/yet")
      case .alias:
        builder.symbolicRef("refs/heads/first", to: "refs/heads/second")
        builder.symbolicRef("refs/heads/second", to: "refs/heads/main")
        builder.head = .symbolic("refs/heads/first")
      }
    }

    func finish(_ bench: CommandFixture) async throws {
      switch self {
      case .hidden: try await bench.source.git.run("config", "transfer.hideRefs", "refs/pull")
      case .empty:
        for name in try GitCommand().refs(bench.source.path).keys {
          try await bench.source.git.run("update-ref", "-d", name)
        }
      default: break
      }
    }
  }

  @Test("is what the shell line, git show-ref and sha1sum compute", arguments: Shape.allCases)
  func gitIsReferee(shape: Shape) async throws {
    try await withCommandFixture(shape.change) { bench in
      try await shape.finish(bench)
      let ours = try await bench.remora("checksum", bench.source.path)
      #expect(ours.isSuccess, "\(ours.errorText)")
      #expect(try ours.text == GitCommand().checksum(bench.source.path))
      let grokmirror = try await bench.remora("checksum", bench.source.path, "--algorithm", "grokmirror")
      let shown = try await bench.source.git.attempt(["show-ref"])
      let hashed: ProcessOutcome = try await ChildProcess("sha1sum", input: .bytes(shown.output)).outcome()
      #expect(grokmirror.text == String(hashed.text.prefix(40)))
    }
  }

  @Test("--json names the repository, the algorithm and the number of refs")
  func json() async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("checksum", bench.source.path, "--json", "--algorithm", "gitaly")
      let report = try JSONLine(outcome.text)
      #expect(report.keys == Self.keys)
      #expect(report.text("repository") == bench.source.path)
      #expect(report.text("algorithm") == "gitaly")
      #expect(report.number("refs") == 3)
      #expect(report.text("checksum")?.count ?? 0 > 30)
      #expect(report.list("broken").isEmpty)
    }
  }

  @Test("gitaly is Gitaly's own number for the repository of its tests")
  func gitaly() async throws {
    try await withTemporaryDirectory("checksum") { directory in
      let path = directory.path("r.git")
      let who = ["NAME": "Scrooge McDuck", "EMAIL": "scrooge@mcduck.com", "DATE": "1572776879 +0100"]
      let identity = ["AUTHOR", "COMMITTER"].flatMap { role in who.map { ("GIT_\(role)_\($0)", $1) } }
      try await GitCommand().run("init", "-q", "--bare", path)
      let git = GitCommand(in: path, environment: Dictionary(uniqueKeysWithValues: identity))
      let tree = try await git.run("mktree").text
      for name in ["refs/heads/branch", "refs/notes/note", "refs/tags/v1.0.0", "refs/unknown/namespace"] {
        let commit = try await git.run("commit-tree", tree, input: Array(name.utf8)).text
        try await git.run("update-ref", name, commit)
      }
      #expect(try GitCommand().refs(path)["refs/heads/branch"] == "c1a05cb6753c683b5c90f574bb8e630064a34fb1")
      let outcome = try await RemoraBinary.run(["checksum", path, "--algorithm", "gitaly"])
      #expect(outcome.text == "7e3f9735e6f6c7de4f21b123cb6e34f428118a7e")
    }
  }

  @Test("a working repository is found by its directory")
  func workTree() async throws {
    try await withTemporaryDirectory("checksum") { directory in
      let git = GitCommand(in: directory.path)
      try await git.run("init", "-q")
      try await git.run("commit", "-q", "--allow-empty", "-m", "one")
      let outcome = try await RemoraBinary.run(["checksum", directory.path])
      #expect(try outcome.text == GitCommand().checksum(directory.path))
    }
  }

  @Test("broken refs have no checksum: status 3 and their names", arguments: ["sha256", "gitaly", "grokmirror"])
  func broken(algorithm: String) async throws {
    try await withCommandFixture { builder, _ in
      builder.rawPackedRefLines = ["0123456789abcdef0123456789abcdef01234567 refs/heads/broken:reference"]
    } _: { bench in
      let plain = try await bench.remora("checksum", bench.source.path, "--algorithm", algorithm)
      #expect(plain.status == 3)
      #expect(plain.text == "")
      #expect(plain.errorText.contains("'refs/heads/broken:reference' (invalid name)"))
      let json = try await bench.remora("checksum", bench.source.path, "--algorithm", algorithm, "--json")
      #expect(json.status == 3)
      let report = try JSONLine(json.text)
      #expect(report.keys == Self.keys)
      #expect(report.isNull("checksum"))
      #expect(report.list("broken").first?.text("ref") == "refs/heads/broken:reference")
    }
  }

  @Test("a HEAD that cannot be read is broken too")
  func brokenHead() async throws {
    try await withCommandFixture { bench in
      try bench.directory.write("", to: "served/source.git/HEAD")
      let outcome = try await bench.remora("checksum", bench.source.path)
      #expect(outcome.status == 3)
      #expect(outcome.errorText.contains("'HEAD'"), "\(outcome.errorText)")
    }
  }

  @Test("what is no repository is an error, not an empty answer")
  func notARepository() async throws {
    try await withTemporaryDirectory("checksum") { directory in
      for path in [directory.path, directory.path("nothing")] {
        let outcome = try await RemoraBinary.run(["checksum", path])
        #expect(outcome.status == 1)
        #expect(outcome.text == "")
        #expect(outcome.errorText.contains("not a git repository"))
      }
    }
  }
}
