import Foundation
import Replication
import RepositoryReplication
import TestSupport
import Testing

@Suite("Catalog of repositories")
struct RepositoryCatalogTests {
  @Test("repositories are found wherever they lie, and what is none is left out with its reason")
  func table() async throws {
    try await StrategyFixture.with { fixture in
      for name in ["a", "b/c", "b/d.wiki"] { _ = try fixture.build(name) }
      let files = FileManager.default
      func path(_ name: String) -> String { fixture.directory.path("source/\(name)") }
      // Named without .git; beside one with it; half made; badly named; ours; a link out and a link in.
      try files.copyItem(atPath: path("a.git"), toPath: path("plain"))
      try files.copyItem(atPath: path("a.git"), toPath: path("twice"))
      try files.copyItem(atPath: path("a.git"), toPath: path("twice.git"))
      try files.createDirectory(atPath: path("half.git/objects"), withIntermediateDirectories: true)
      try files.createDirectory(atPath: path("bad.lock"), withIntermediateDirectories: true)
      try files.copyItem(atPath: path("a.git"), toPath: path("bad.lock/x.git"))
      try files.createDirectory(atPath: path(".remora-trash"), withIntermediateDirectories: true)
      try files.copyItem(atPath: path("a.git"), toPath: path(".remora-trash/y.git"))
      try files.createSymbolicLink(atPath: path("link.git"), withDestinationPath: "/tmp")
      let catalog = try await fixture.source.catalog()
      #expect(catalog.rows.map(\.id.text) == ["a", "b/c", "b/d.wiki", "plain"])
      #expect(catalog.isComplete)
      #expect(Set(catalog.skipped.map(\.path)) == ["bad.lock/x.git", "half.git", "link.git", "twice", "twice.git"])
      #expect(catalog.skipped.filter(\.isBroken).map(\.path) == ["half.git"])
      for row in catalog.rows { #expect(try await fixture.source.presence(of: row.id) == .present(row.identity)) }
      #expect(try await fixture.source.listing(of: ReplicableID("plain")).count == 3)
    }
  }

  @Test(
    "what is no repository any more is left out by name, also after an earlier listing",
    arguments: ["HEAD", "objects", "refs"])
  func broken(part: String) async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("group/app")
      _ = try fixture.build("other")
      #expect(try await fixture.source.catalog().rows.count == 2)
      try FileManager.default.removeItem(atPath: "\(fixture.sourcePath(id))/\(part)")
      let catalog = try await fixture.source.catalog()
      #expect(catalog.rows.map(\.id.text) == ["other"] && catalog.isComplete)
      let skipped = try #require(catalog.skipped.first)
      #expect(skipped.path == "group/app.git" && skipped.isBroken && skipped.reason.hasSuffix("it has no \(part)"))
      #expect(try await fixture.source.presence(of: id) == .unfinished)
      // A file in the place of a directory is as nothing.
      if part != "HEAD" {
        try Data().write(to: URL(fileURLWithPath: "\(fixture.sourcePath(id))/\(part)"))
        #expect(try await fixture.source.catalog().rows.map(\.id.text) == ["other"])
      }
    }
  }

  @Test("a repository inside another is reported and not listed, and directories of git are not looked into")
  func nested() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("outer")
      let files = FileManager.default
      let inner = "\(fixture.sourcePath(id))/group"
      try files.createDirectory(atPath: inner, withIntermediateDirectories: true)
      _ = try fixture.build("sample")
      try files.copyItem(atPath: fixture.directory.path("source/sample.git"), toPath: "\(inner)/lost.git")
      try files.copyItem(
        atPath: fixture.directory.path("source/sample.git"), toPath: "\(fixture.sourcePath(id))/near.git")
      try files.createDirectory(atPath: "\(fixture.sourcePath(id))/modules", withIntermediateDirectories: true)
      try files.copyItem(
        atPath: fixture.directory.path("source/sample.git"), toPath: "\(fixture.sourcePath(id))/modules/ours")
      // The second listing reads nothing anew, and reports the same.
      for _ in 0..<2 {
        let catalog = try await fixture.source.catalog()
        #expect(catalog.rows.map(\.id.text) == ["outer", "sample"] && catalog.isComplete)
        #expect(catalog.skipped.map(\.path) == ["outer.git/group/lost.git", "outer.git/near.git"])
        #expect(catalog.skipped.allSatisfy { $0.reason.contains("inside the repository 'outer.git'") })
      }
    }
  }

  @Test("a stamp changes when a ref does, and only then")
  func stamps() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("app")
      let first = try await fixture.source.catalog().rows[0].stamp
      #expect(try await fixture.source.catalog().rows[0].stamp == first)
      _ = try await GitCommand().run("-C", fixture.sourcePath(id), "update-ref", "refs/heads/new", "refs/heads/main")
      let second = try await fixture.source.catalog().rows[0].stamp
      #expect(second != first)
      _ = try await GitCommand().run("-C", fixture.sourcePath(id), "symbolic-ref", "HEAD", "refs/heads/side")
      #expect(try await fixture.source.catalog().rows[0].stamp != second)
    }
  }

  @Test("what has not changed is not read again, and every change is seen")
  func again() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("group/app")
      let path = fixture.sourcePath(id)
      try await GitCommand().run("-C", path, "update-ref", "refs/deep/er/ref", "refs/heads/main")
      var stamps: Set<UInt64> = []
      func list(_ expectation: Comment) async throws {
        let catalog = try await fixture.source.catalog()
        let again = try await fixture.source.catalog()
        #expect(catalog.rows.map(\.id.text) == ["group/app"] && catalog.isComplete, expectation)
        #expect(again.rows.map(\.stamp) == catalog.rows.map(\.stamp), expectation)
        #expect(stamps.insert(catalog.rows[0].stamp).inserted, expectation)
      }
      try await list("as it is")
      try await GitCommand().run("-C", path, "update-ref", "refs/deep/er/other", "refs/heads/main")
      try await list("a ref beside another, in a directory of its own")
      try await GitCommand().run("-C", path, "update-ref", "refs/new/ref", "refs/heads/main")
      try await list("a ref in a new directory")
      try await GitCommand().run("-C", path, "pack-refs", "--all")
      try await list("packed, which removes directories")
      try await GitCommand().run("-C", path, "update-ref", "refs/new/ref", "refs/heads/side")
      try await list("in a directory that has come again")
      try FileManager.default.moveItem(atPath: "\(path)/objects", toPath: "\(path)/elsewhere")
      #expect(try await fixture.source.catalog().rows.isEmpty, "no repository any more")
      try FileManager.default.moveItem(atPath: "\(path)/elsewhere", toPath: "\(path)/objects")
      #expect(try await fixture.source.catalog().rows.map(\.id.text) == ["group/app"])
      try FileManager.default.removeItem(atPath: path)
      #expect(try await fixture.source.catalog().rows.isEmpty)
    }
  }

  @Test("an empty root and a missing one are incomplete")
  func empty() async throws {
    try await StrategyFixture.with { fixture in
      #expect(try await fixture.source.catalog().isComplete == false)
      try FileManager.default.removeItem(atPath: fixture.directory.path("source"))
      #expect(try await fixture.source.catalog().isComplete == false)
      await #expect(throws: StrategyError.self) { _ = try await fixture.source.presence(of: ReplicableID("a")) }
    }
  }

  @Test("a repository that borrows objects is reported as such")
  func borrows() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("fork")
      #expect(try await fixture.source.borrows(id) == false)
      try fixture.directory.write("/srv/pool/objects\n", to: "source/fork.git/objects/info/alternates")
      #expect(try await fixture.source.borrows(id))
    }
  }
}
