import Foundation
import GitServing
import GitValues
import TestSupport
import Testing

@Suite("Listings that need no process, beside those of git upload-pack")
struct ListingTests {
  /// A service whose git cannot be run: what it answers it answers itself.
  private func withoutGit(_ body: (ServingFixture) async throws -> Void) async throws {
    try await withFixture { settings, _ in
      settings.gitExecutable = "/nonexistent/git"
    } _: {
      try await body($0)
    }
  }

  private func expectSame(
    _ fixture: ServingFixture, _ path: String, _ arguments: [String] = ["peel", "symrefs", "unborn"],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let request = ServingFixture.listing(arguments)
    let ours = try await fixture.post(ServingFixture.site(path), request)
    let gits = try await fixture.git(path, request)
    #expect(text(ours) == text(gits), sourceLocation: sourceLocation)
  }

  private func sample() -> RepositoryBuilder {
    var builder = RepositoryBuilder()
    let commits = builder.commits(3)
    builder.branch("main", at: commits[2])
    builder.branch("topic/a", at: commits[1])
    builder.branch("topic-a", at: commits[0])
    let inner = builder.tag("v1", of: commits[0])
    builder.tag("v1-signed", of: inner)
    builder.lightweightTag("light", at: commits[1])
    builder.tag("tree", of: builder.tree(of: commits[0]))
    builder.ref("refs/notes/commits", at: builder.notes("n", on: [commits[0]]))
    return builder
  }

  static let questions: [[String]] = [
    ["peel", "symrefs", "unborn"], ["peel"], ["symrefs"], [], ["unborn"], ["peel", "symrefs", "ref-prefix refs/tags/"],
    ["symrefs", "ref-prefix HEAD"], ["peel", "ref-prefix refs/heads/topic", "ref-prefix refs/tags/v1"],
    ["ref-prefix refs/nothing"],
  ]

  @Test("packed refs, with every argument that git sends", arguments: questions)
  func packed(arguments: [String]) async throws {
    try await withoutGit { fixture in
      let repository = try sample().build(at: fixture.directory.path("r.git"))
      try await expectSame(fixture, repository.path, arguments)
    }
  }

  @Test("loose refs and loose tags, and packed ones under them", arguments: [true, false])
  func loose(packsFirst: Bool) async throws {
    try await withoutGit { fixture in
      var builder = sample()
      builder.refStorage = packsFirst ? .packed : .loose
      let repository = try builder.build(at: fixture.directory.path("r.git"))
      try repository.change { builder in
        let commit = builder.commit()
        builder.branch("main", at: commit)
        builder.tag("v2", of: commit)
        builder.tag("v1", of: commit)
      }
      try await expectSame(fixture, repository.path)
    }
  }

  @Test("packed-refs without peeled values")
  func unpeeled() async throws {
    try await withoutGit { fixture in
      let repository = try sample().build(at: fixture.directory.path("r.git"))
      let file = "\(repository.path)/packed-refs"
      let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
      let bare = lines.filter { !$0.hasPrefix("#") && !$0.hasPrefix("^") }.joined(separator: "\n") + "\n"
      try bare.write(toFile: file, atomically: true, encoding: .utf8)
      try await expectSame(fixture, repository.path)
    }
  }

  @Test("HEAD unborn, detached, by an alias, unborn by an alias, and a repository without refs")
  func heads() async throws {
    try await withoutGit { fixture in
      let repository = try sample().build(at: fixture.directory.path("r.git"))
      let git = repository.git
      for target in ["refs/heads/nosuch", "refs/heads/topic/a"] {
        try await git.run("symbolic-ref", "HEAD", target)
        for question in Self.questions { try await expectSame(fixture, repository.path, question) }
      }
      try await git.run("symbolic-ref", "refs/heads/alias", "refs/heads/main")
      try await git.run("symbolic-ref", "refs/heads/lost", "refs/heads/nosuch")
      try await git.run("symbolic-ref", "HEAD", "refs/heads/alias")
      for question in Self.questions { try await expectSame(fixture, repository.path, question) }
      try await git.run("symbolic-ref", "HEAD", "refs/heads/lost")
      try await expectSame(fixture, repository.path)
      try await git.run("update-ref", "--no-deref", "HEAD", try repository.oid("refs/heads/main").hex)
      try await expectSame(fixture, repository.path)
      // Against git's own advice, HEAD at a tag.
      try "\(try repository.oid("refs/tags/v1").hex)\n".write(
        toFile: "\(repository.path)/HEAD", atomically: true, encoding: .utf8)
      try await expectSame(fixture, repository.path)
      let empty = try RepositoryBuilder().build(at: fixture.directory.path("empty.git"))
      for question in Self.questions { try await expectSame(fixture, empty.path, question) }
    }
  }

  @Test("broken refs: junk, an empty file, a bad name, a null oid, a missing object; and symbolic refs to nothing")
  func broken() async throws {
    try await withoutGit { fixture in
      var builder = sample()
      builder.rawPackedRefLines = ["\(String(repeating: "0", count: 40)) refs/heads/null"]
      let repository = try builder.build(at: fixture.directory.path("r.git"))
      func write(_ content: String, _ name: String) throws {
        try fixture.directory.write(content, to: "r.git/\(name)")
      }
      try write("junk\n", "refs/heads/junk")
      try write("", "refs/heads/empty")
      try write("\(try repository.oid("refs/heads/main").hex)\n", "refs/heads/bad~name")
      try write("\(String(repeating: "1", count: 40))\n", "refs/heads/missing")
      try write("ref: refs/heads/nosuch\n", "refs/heads/dangling")
      try await expectSame(fixture, repository.path)
      try write("ref: refs/heads/junk\n", "HEAD")
      try await expectSame(fixture, repository.path)
      // git leaves these out; the checksum of the repository calls them broken, and so does its listing.
      try write("ref: refs/heads/round\n", "refs/heads/round")
      try write("ref: refs/heads/junk\n", "refs/heads/to-junk")
      let listing = text(try await fixture.post(ServingFixture.site(repository.path), ServingFixture.listing()))
      for name in ["round", "to-junk"] {
        #expect(listing.contains("\(String(repeating: "0", count: 40)) refs/heads/\(name)\n"))
      }
    }
  }

  @Test("20,000 refs, a tenth of them loose")
  func many() async throws {
    try await withoutGit { fixture in
      var builder = RepositoryBuilder()
      let commit = builder.commit()
      for number in 0..<18_000 { builder.ref("refs/pull/\(number)/head", at: commit) }
      for number in 0..<100 { builder.tag("v\(number)", of: commit) }
      let repository = try builder.build(at: fixture.directory.path("r.git"))
      let oid = try repository.oid("refs/pull/1/head").hex
      let change = (0..<2_000).map { "create refs/pull/\($0)/merge \(oid)\n" }.joined()
      try await repository.git.run("update-ref", "--stdin", input: Array(change.utf8))
      try await expectSame(fixture, repository.path)
    }
  }

  @Test("hidden refs are shown to sites and not to readers")
  func hidden() async throws {
    try await withFixture { fixture in
      var builder = sample()
      let hidden = builder.commit()
      builder.ref("refs/hidden/x", at: hidden)
      let repository = try builder.build(at: fixture.directory.path("r.git"))
      for key in ["transfer.hideRefs", "uploadpack.hideRefs"] {
        try await repository.git.run("config", "--add", key, "refs/hidden")
      }
      let request = ServingFixture.listing()
      let site = text(try await fixture.post(ServingFixture.site(repository.path), request))
      let people = text(try await fixture.post(ServingFixture.people(repository.path), request))
      #expect(site.contains("refs/hidden/x"))
      #expect(!people.contains("refs/hidden/x"))
      #expect(people == text(try await fixture.git(repository.path, request)))
      // What a site sees it may fetch, and over version 0 it sees the same.
      let fetch = ServingFixture.fetch(repository.oid(hidden).hex)
      #expect(
        Bytes.firstIndex(of: Array("PACK".utf8), in: try await fixture.post(.init(site: repository), fetch)) != nil)
      let old = try await fixture.service.advertisement(of: .init(site: repository), protocolHeader: nil)
      #expect(text(try await ServingFixture.all(old)).contains("refs/hidden/x"))
    }
  }

  @Test("borrowed tags, and a shallow repository, are git's to answer for")
  func borrowed() async throws {
    try await withFixture { fixture in
      let pool = try sample().build(at: fixture.directory.path("pool.git"))
      try await GitCommand().run("clone", "-q", "--mirror", "--shared", pool.path, fixture.directory.path("b.git"))
      let borrower = fixture.directory.path("b.git")
      try await GitCommand(in: borrower).run("update-ref", "refs/tags/again", "refs/tags/v1-signed")
      try await expectSame(fixture, borrower)
      let shallow = fixture.directory.path("s.git")
      try await GitCommand().run("clone", "-q", "--mirror", "--depth=1", "file://\(pool.path)", shallow)
      try await expectSame(fixture, shallow)
      let reply = try await fixture.service.advertisement(
        of: ServingFixture.site(shallow), protocolHeader: "version=2")
      #expect(text(try await ServingFixture.all(reply)).contains("agent=git/"))
    }
  }

  @Test("what only git can read is answered by git: a symbolic link as a ref, damaged packed-refs, SHA-256")
  func passedOn() async throws {
    try await withFixture { fixture in
      let repository = try sample().build(at: fixture.directory.path("r.git"))
      try FileManager.default.createDirectory(
        atPath: "\(repository.path)/refs/heads", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: "\(repository.path)/refs/heads/link", withDestinationPath: "refs/heads/main")
      try await expectSame(fixture, repository.path)
      try await GitCommand().run("init", "-q", "--bare", "--object-format=sha256", fixture.directory.path("s.git"))
      var request = text(ServingFixture.listing())
      request = request.replacing("object-format=sha1", with: "object-format=sha256")
        .replacing("0017object", with: "0019object")
      let other = fixture.directory.path("s.git")
      let ours = try await fixture.post(ServingFixture.site(other), Array(request.utf8))
      #expect(text(ours) == text(try await fixture.git(other, Array(request.utf8))))
      try fixture.directory.write("what is this\n", to: "r.git/packed-refs")
      let error = await #expect(throws: GitServingError.self) {
        _ = try await fixture.post(ServingFixture.site(repository.path), ServingFixture.listing())
      }
      #expect(error?.code == .failed)
      #expect(error?.cause.contains("unexpected line in") == true, "\(String(describing: error))")
    }
  }
}

extension ServedRepository {
  /// As a site sees it.
  init(site repository: TestRepository) { self = ServingFixture.site(repository.path) }
}
