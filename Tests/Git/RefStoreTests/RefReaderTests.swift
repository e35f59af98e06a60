import DurableFiles
import Foundation
import GitValues
import RefStore
import SystemPackage
import TestSupport
import Testing

@Suite("Reading refs")
struct RefReaderTests {
  private static func view(_ path: String) throws -> RefView {
    try RefReader(repository: FilePath(path), files: RealFileSystem()).view()
  }

  private static func repository(
    at path: String, _ change: (inout RepositoryBuilder, BuiltObject) -> Void = { _, _ in }
  ) throws -> TestRepository {
    var builder = RepositoryBuilder()
    let commit = builder.commit(["a": "1\n"])
    builder.branch("main", at: commit)
    builder.tag("v1", of: commit)
    change(&builder, commit)
    return try builder.build(at: path)
  }

  private static func expectAsGit(_ repository: TestRepository) throws {
    let ours = try view(repository.path)
    let gits = try repository.view()
    #expect(ours.broken.isEmpty)
    #expect(ours.head == gits.head)
    #expect(ours.refs.map(\.name) == gits.refs.map(\.name))
    #expect(ours.refs == gits.refs)
  }

  @Test("packed and loose refs are read as git reads them, loose over packed", arguments: [true, false])
  func looseOverPacked(isPacked: Bool) throws {
    try withTemporaryDirectory("reader") { directory in
      let repository = try Self.repository(at: directory.path("r.git")) { builder, commit in
        builder.refStorage = isPacked ? .packed : .loose
        builder.branch("z/y/x", at: commit)
      }
      try Self.expectAsGit(repository)
      // Only this one becomes loose where the others are packed.
      let moved = try repository.git.run("commit-tree", "-m", "two", "HEAD^{tree}").text
      try repository.git.run("update-ref", "refs/heads/main", moved)
      try Self.expectAsGit(repository)
      #expect(try Self.view(repository.path).head.oid?.hex == moved)
    }
  }

  @Test("HEAD is followed through a chain to its last name; so are symbolic refs below refs/", arguments: 0...6)
  func chains(length: Int) throws {
    try withTemporaryDirectory("reader") { directory in
      let repository = try Self.repository(at: directory.path("r.git"))
      for number in 0..<length {
        let target = number == 0 ? "refs/heads/main" : "refs/heads/alias\(number - 1)"
        try directory.write("ref: \(target)\n", to: "r.git/refs/heads/alias\(number)")
      }
      if length > 0 { try directory.write("ref: refs/heads/alias\(length - 1)\n", to: "r.git/HEAD") }
      let ours = try Self.view(repository.path)
      let head = try repository.git.attempt(["rev-parse", "-q", "--verify", "HEAD"])
      if head.isSuccess {
        let main = ReferenceName("refs/heads/main")
        #expect(ours.head == .symbolic(target: main, oid: try repository.oid("refs/heads/main")))
      } else {
        #expect(ours.broken.map(\.name.description).contains("HEAD"))
      }
      let resolved = try repository.git.attempt(["for-each-ref", "--format=%(refname)"]).lines
      #expect(ours.refs.map(\.name.description) == resolved)
    }
  }

  @Test("symbolic refs in a circle are broken by name")
  func circle() throws {
    try withTemporaryDirectory("reader") { directory in
      let repository = try Self.repository(at: directory.path("r.git"))
      try directory.write("ref: refs/heads/b\n", to: "r.git/refs/heads/a")
      try directory.write("ref: refs/heads/a\n", to: "r.git/refs/heads/b")
      try directory.write("ref: refs/heads/a\n", to: "r.git/HEAD")
      let view = try Self.view(repository.path)
      #expect(Set(view.broken.map(\.name.description)) == ["HEAD", "refs/heads/a", "refs/heads/b"])
      #expect(Set(view.broken.map(\.reason)) == ["symbolic refs lead in a circle or too far"])
      #expect(view.refs.map(\.name.description) == ["refs/heads/main", "refs/tags/v1"])
    }
  }

  @Test("a dangling symbolic ref is left out below refs/, and makes HEAD unborn")
  func dangling() throws {
    try withTemporaryDirectory("reader") { directory in
      let repository = try Self.repository(at: directory.path("r.git")) { builder, _ in
        builder.symbolicRef("refs/heads/alias", to: "refs/heads/gone")
        builder.head = .symbolic("refs/heads/alias")
      }
      let view = try Self.view(repository.path)
      #expect(view.head == .unborn(target: ReferenceName("refs/heads/gone")))
      #expect(view.refs.map(\.name.description) == ["refs/heads/main", "refs/tags/v1"])
      #expect(view.broken.isEmpty)
    }
  }

  static let damage: [(file: String, content: String, name: String, reason: String)] = [
    ("refs/heads/x", "", "refs/heads/x", "empty file"),
    ("refs/tags/v1", "rubbish\n", "refs/tags/v1", "unreadable content"),
    ("refs/heads/x", String(repeating: "x", count: 1 << 17), "refs/heads/x", "too large for a ref"),
    ("refs/heads/x", String(repeating: "0", count: 40) + "\n", "refs/heads/x", "null oid"),
    ("refs/heads/a..b", "0123456789abcdef0123456789abcdef01234567\n", "refs/heads/a..b", "invalid name"),
    ("HEAD", "", "HEAD", "empty file"),
    ("HEAD", "ref: ../x\n", "HEAD", "symbolic ref to an invalid name"),
  ]

  @Test("a ref that cannot be read is named, never skipped, and hides no packed one", arguments: damage)
  func damaged(file: String, content: String, name: String, reason: String) throws {
    try withTemporaryDirectory("reader") { directory in
      _ = try Self.repository(at: directory.path("r.git"))
      try directory.write(content, to: "r.git/\(file)")
      let view = try Self.view(directory.path("r.git"))
      #expect(view.broken == [BrokenRef(name: ReferenceName(name), reason: reason)])
      #expect(!view.refs.map(\.name.description).contains(name))
    }
  }

  @Test("a directory without HEAD is no repository")
  func notARepository() throws {
    try withTemporaryDirectory("reader") { directory in
      do {
        let view = try Self.view(directory.path)
        Issue.record("read \(view)")
      } catch RefStoreError.notARepository(let path) {
        #expect(path == directory.path)
      }
    }
  }

  @Test("beside a writer that packs and unpacks refs all the time no reading misses a ref")
  func racingWriter() async throws {
    try await withTemporaryDirectory("reader") { directory in
      let names = (0..<40).map { "topic/\($0 % 4)/\($0)" }
      let repository = try Self.repository(at: directory.path("r.git")) { builder, commit in
        for name in names { builder.branch(name, at: commit) }
      }
      let old = try repository.oid("main")
      let new = try await repository.git.run("commit-tree", "-m", "two", "HEAD^{tree}").text
      try directory.write(names.map { "update refs/heads/\($0) \(new)\n" }.joined(), to: "new")
      try directory.write(names.map { "update refs/heads/\($0) \(old)\n" }.joined(), to: "old")
      let round = "for r in new old; do git update-ref --stdin <../$r && git pack-refs --all || exit; done"
      let script = "while \(round); do :; done"
      let writer = try ChildProcess("sh", ["-c", script], directory: repository.path)
      defer { writer.kill() }
      let expected = ["refs/heads/main"] + names.map { "refs/heads/\($0)" }.sorted() + ["refs/tags/v1"]
      let wrong = try await OwnThread.run { try Self.readings(100, of: repository.path).filter { $0 != expected } }
      #expect(wrong == [])
      #expect(writer.isRunning, "\(writer.errorsSoFar)")
    }
  }

  /// Returns the names that each of so many readings saw; broken ones follow the others.
  private static func readings(_ count: Int, of path: String) throws -> [[String]] {
    var seen: [[String]] = []
    for _ in 0..<count {
      do {
        let view = try view(path)
        seen.append(view.refs.map(\.name.description) + view.broken.map { "broken: \($0.name)" })
      } catch RefStoreError.changing {
        continue  // reported, not hidden: the caller asks again
      }
    }
    return seen
  }
}
