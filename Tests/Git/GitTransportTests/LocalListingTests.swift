import GitTransport
import GitValues
import TestSupport
import Testing

@Suite("Listing a repository on this machine")
struct LocalListingTests {
  enum Shape: CaseIterable {
    case branches, unborn, detached, empty, nestedTags, symbolic, workTree

    func build(in directory: TemporaryDirectory) throws -> TestRepository {
      var builder = RepositoryBuilder()
      if self == .empty { return try builder.build(at: directory.path("source")) }
      let commits = builder.commits(3)
      builder.branch("main", at: commits[2])
      builder.branch("a/b", at: commits[0])
      switch self {
      case .branches, .empty: break
      case .unborn: builder.head = .branch("not-yet")
      case .detached: builder.head = .detached(commits[1])
      case .nestedTags:
        let inner = builder.tag("inner", of: commits[1])
        builder.tag("outer", of: inner)
        builder.tag("tree", of: builder.tree(of: commits[0]))
        builder.lightweightTag("light", at: commits[2])
      case .symbolic:
        builder.symbolicRef("refs/heads/alias", to: "refs/heads/main")
        builder.symbolicRef("refs/heads/dangling", to: "refs/heads/nothing")
        builder.head = .symbolic("refs/heads/alias")
      case .workTree: return try builder.build(at: directory.path("source/.git"))
      }
      return try builder.build(at: directory.path("source"))
    }
  }

  @Test("gives what git has", arguments: Shape.allCases, [true, false])
  func sameAsGit(shape: Shape, asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let repository = try shape.build(in: directory)
      var local = LocalConversations(shape == .workTree ? directory.path("source") : repository.path)
      local.asksForVersion2 = asksForVersion2
      let listing = try await local.connected { try #require($0.listing) }
      let expected = try repository.view()
      #expect(Array(listing.view.refs) == Array(expected.refs))
      #expect(listing.view.broken.isEmpty)
      #expect(listing.protocolVersion == (asksForVersion2 ? 2 : 0))
      // Version 0 cannot say that HEAD is unborn.
      let isTold = asksForVersion2 || expected.head.oid != nil
      #expect(listing.view.head == (isTold ? expected.head : .unknown))
    }
  }

  @Test("takes 20,000 refs", arguments: [true, false])
  func manyRefs(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit()
      builder.branch("main", at: commit)
      for number in 1..<20_000 { builder.branch("feature/number-\(number)", at: commit) }
      let repository = try builder.build(at: directory.path("source"))
      var local = LocalConversations(repository.path)
      local.asksForVersion2 = asksForVersion2
      let view = try await local.connected { try $0.view() }
      #expect(view.refs.count == 20_000)
      #expect(try view == repository.view())
    }
  }

  @Test("names the refs that cannot be read and gives the others", arguments: [true, false])
  func brokenRefs(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let repository = try Shape.branches.build(in: directory)
      try directory.write("rubbish\n", to: "source/refs/heads/rubbish")
      try directory.write("\(ObjectID.zero)\n", to: "source/refs/heads/null")
      try directory.write("", to: "source/refs/heads/nothing")
      try directory.write("\(try repository.oid("main"))\n", to: "source/refs/heads/bad..name")
      var local = LocalConversations(repository.path)
      local.asksForVersion2 = asksForVersion2
      let view = try await local.connected { try $0.view() }
      #expect(view.refs.map { "\($0.name)" } == ["refs/heads/a/b", "refs/heads/main"])
      #expect(
        Set(view.broken.map { "\($0.name)" })
          == ["refs/heads/rubbish", "refs/heads/null", "refs/heads/nothing", "refs/heads/bad..name"])
    }
  }

  @Test("names the refs that an old git leaves out and complains about")
  func complaints() async throws {
    try await withTemporaryDirectory { directory in
      let repository = try Shape.branches.build(in: directory)
      var local = LocalConversations(repository.path)
      // 20,000 lines are more than a socket holds: neither side waits for ever, and no line is missing.
      local.gitExecutable = try script(
        """
        seq -f 'error: refs/heads/gone-%.0f does not point to a valid object!' 20000 >&2
        echo 'error: refs/heads/main does not point to a valid object!' >&2
        exec git "$@"
        """, in: directory)
      let view = try await local.connected { try $0.view() }
      #expect(view.refs.map { "\($0.name)" } == ["refs/heads/a/b", "refs/heads/main"])
      #expect(view.broken.count == 20_000)
      #expect(view.broken.last?.name == ReferenceName("refs/heads/gone-20000"))
    }
  }

  @Test("is not led elsewhere by the environment, nor by a path that looks like an option")
  func strangePath() async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit())
      let repository = try builder.build(at: directory.path("--upload-pack=x y'z"))
      let view = try await LocalConversations(repository.path).connected { try $0.view() }
      #expect(view.refs.count == 1)
    }
  }
}
