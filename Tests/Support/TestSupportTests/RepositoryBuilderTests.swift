import Foundation
import GitValues
import TestSupport
import Testing

@Suite struct RepositoryBuilderTests {
  @Test(
    "the same calls give the same oids, everywhere and always",
    arguments: [
      RepositoryBuilder.Storage.packed, .loose,
    ])
  func literalOids(storage: RepositoryBuilder.Storage) throws {
    try withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      builder.objectStorage = storage
      builder.refStorage = storage
      let first = builder.commit(["README": "hello\n"])
      let second = builder.commit(["README": "hello again\n", "a/b": "deep\n"], parents: [first])
      builder.branch("main", at: second)
      let tag = builder.tag("v1", of: first)
      let repository = try builder.build(at: directory.path("r.git"))
      #expect(repository.oid(first).hex == "aa49ccea744cd4edcb82e0e2aa562d7e3de9c666")
      #expect(repository.oid(second).hex == "a360d9ac122622f721c5196c0e0f4d5f84f6591d")
      #expect(repository.oid(tag).hex == "0aaf9b9ad0d553e75313a714c7a5bc914d61e308")
      #expect(
        try GitCommand().refs(repository.path) == [
          "refs/heads/main": repository.oid(second).hex, "refs/tags/v1": repository.oid(tag).hex,
        ])
      #expect(try GitCommand().fsck(repository.path) == [])
      let isPacked = FileManager.default.fileExists(atPath: directory.path("r.git/packed-refs"))
      #expect(isPacked == (storage == .packed))
    }
  }

  @Test("odd things: tags of tags, trees and blobs, notes, octopus, submodule, links, symbolic refs")
  func oddThings() throws {
    try withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let root = builder.commit(["f": "1\n", "x": .executable([1]), "l": .symbolicLink(to: "f")])
      let sides = (1...3).map { builder.commit(["side\($0)": "s\n"], parents: [root], message: "side \($0)") }
      let octopus = builder.commit(
        ["sub": .submodule("1234567890123456789012345678901234567890")], parents: sides, message: "octopus")
      let blob = builder.blob([0, 1, 2])
      let inner = builder.tag("inner", of: octopus)
      builder.tag("outer", of: inner)
      builder.tag("tree", of: builder.tree(of: root))
      builder.tag("blob", of: blob)
      builder.lightweightTag("bare-blob", at: blob)
      builder.ref("refs/notes/commits", at: builder.notes("good", on: [root, octopus]))
      builder.ref("refs/heads/Ünïcode%name", at: root)
      builder.branch("main", at: octopus)
      builder.symbolicRef("refs/remotes/origin/HEAD", to: "refs/heads/main")
      builder.symbolicRef("refs/heads/dangling", to: "refs/heads/none")
      let repository = try builder.build(at: directory.path("r.git"))
      let view = try repository.view()
      #expect(view.refs.count == 9)
      #expect(view.head == .symbolic(target: ReferenceName("refs/heads/main"), oid: repository.oid(octopus)))
      let outer = try #require(view.refs.index(of: ReferenceName("refs/tags/outer")))
      #expect(view.refs.peeled(at: outer) == repository.oid(octopus))
      #expect(view.refs.oid(of: ReferenceName("refs/remotes/origin/HEAD")) == repository.oid(octopus))
      #expect(
        try repository.git.run("log", "-1", "--format=%p", "refs/heads/main").text.split(separator: " ").count == 3)
      #expect(try repository.git.run("notes", "show", repository.oid(root).hex).text == "good")
      #expect(try repository.git.run("cat-file", "-t", "refs/tags/tree^{}").text == "tree")
      // git calls the dangling symbolic ref an error and has nothing else to say.
      let complaints = try GitCommand().fsck(repository.path, connectivityOnly: true)
      #expect(
        complaints.allSatisfy { $0.contains("refs/heads/dangling") || $0 == "git fsck ended with exited(2)" },
        "\(complaints)")
    }
  }

  @Test("HEAD can be unborn, detached, or a branch of another name")
  func heads() throws {
    try withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let empty = try builder.build(at: directory.path("empty.git"))
      #expect(try empty.view().head == .unborn(target: ReferenceName("refs/heads/main")))
      let commit = builder.commit()
      builder.branch("trunk", at: commit)
      builder.head = .detached(commit)
      let detached = try builder.build(at: directory.path("detached.git"))
      #expect(try detached.view().head == .detached(detached.oid(commit)))
      builder.head = .branch("trunk")
      let trunk = try builder.build(at: directory.path("trunk.git"))
      #expect(try trunk.view().head.target == ReferenceName("refs/heads/trunk"))
    }
  }

  @Test("a change adds, moves, renames and deletes as a Git host would")
  func change() throws {
    try withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let first = builder.commit(["f": "1\n"])
      for name in ["main", "gone", "a/b"] { builder.branch(name, at: first) }
      let repository = try builder.build(at: directory.path("r.git"))
      let root = BuiltObject.oid(repository.oid(first))
      var second = root
      let changed = try repository.change { builder in
        second = builder.commit(["f": "2\n"], parents: [root])
        builder.branch("main", at: second)
        builder.deleteRef("refs/heads/gone")
        builder.deleteRef("refs/heads/a/b")
        builder.branch("a", at: root)
      }
      #expect(
        try GitCommand().refs(repository.path) == [
          "refs/heads/main": changed.oid(second).hex, "refs/heads/a": repository.oid(first).hex,
        ])
    }
  }

  @Test("20,000 refs and 2,000 commits are built")
  func large() throws {
    try withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commits = builder.commits(2_000)
      for number in 0..<20_000 { builder.ref("refs/pull/\(number)/head", at: commits[number % 2_000]) }
      for number in 0..<100 { builder.tag("v\(number)", of: commits[number]) }
      builder.branch("main", at: commits[1_999])
      let repository = try builder.build(at: directory.path("r.git"))
      #expect(try GitCommand().refs(repository.path).count == 20_101)
      #expect(repository.oid(commits[1_999]).hex == "f9a92d44c2efd6ac9676a43d82b68d2053d8a14c")
    }
  }

  @Test("names that git refuses get into packed-refs, alternates borrow")
  func hostile() throws {
    try withTemporaryDirectory { directory in
      var lender = RepositoryBuilder()
      let commit = lender.commit()
      lender.branch("main", at: commit)
      let pool = try lender.build(at: directory.path("pool.git"))
      var borrower = RepositoryBuilder()
      borrower.alternates = [directory.path("pool.git/objects")]
      borrower.branch("main", at: .oid(pool.oid(commit)))
      borrower.rawPackedRefLines = ["\(pool.oid(commit)) refs/heads/a..b"]
      let repository = try borrower.build(at: directory.path("r.git"))
      let packed = try String(contentsOfFile: directory.path("r.git/packed-refs"), encoding: .utf8)
      #expect(packed.contains("refs/heads/a..b\n"))
      #expect(try repository.git.run("cat-file", "-t", "refs/heads/main").text == "commit")
    }
  }

  @Test("the referee's checksum is the contract's")
  func checksum() throws {
    try withTemporaryDirectory { directory in
      let empty = try RepositoryBuilder().build(at: directory.path("r.git"))
      // printf 'ref: refs/heads/main HEAD\n' | sha256sum
      #expect(
        try GitCommand().checksum(empty.path)
          == "sha256:dec4675f72707b755a43e37a8e0e7ecc14330fb9b9e4aff5546b38da3ebce903")
    }
  }
}
