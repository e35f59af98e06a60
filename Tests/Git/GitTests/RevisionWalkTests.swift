import Foundation
import Git
import GitValues
import Testing

@Suite("RevisionWalk")
struct RevisionWalkTests {
  private func walk(_ walk: RevisionWalk) throws -> Set<String> {
    var found: Set<String> = []
    while let oid = try walk.next() { found.insert(oid.hex) }
    return found
  }

  @Test("finds the commits that git finds")
  func walksLikeGit() throws {
    let workshop = try Workshop()
    let source = try workshop.repository(commits: 12)
    let objects = try ObjectDatabase(objectsDirectory: "\(source)/objects")
    let revisions = try RevisionWalk(objects)
    try revisions.push(workshop.oid("-C", source, "rev-parse", "main"))
    try revisions.hide(workshop.oid("-C", source, "rev-parse", "main~5"))
    let listed = try workshop.git("-C", source, "rev-list", "main~5..main")
    #expect(try walk(revisions) == Set(listed.split(separator: "\n").map(String.init)))
    // A tag leads to its commit; the walk can be used again.
    try revisions.push(workshop.oid("-C", source, "rev-parse", "v1"))
    #expect(try walk(revisions) == [workshop.git("-C", source, "rev-parse", "v1^{}")])
  }

  @Test("starts nowhere: no commit")
  func empty() throws {
    #expect(try walk(RevisionWalk(ObjectDatabase())) == [])
  }

  @Test("a missing start, and a missing commit on the way, are errors")
  func missing() throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    // Only the newest commit itself.
    let bytes = try workshop.gitBytes(["-C", source, "pack-objects", "--stdout", "-q"], input: Array("\(main)\n".utf8))
    let pack = try #require(try index(bytes, in: workshop.directory("staging")))
    let objects = try ObjectDatabase()
    try objects.addPack(indexPath: pack.indexPath)
    let revisions = try RevisionWalk(objects)
    let tree = try workshop.oid("-C", source, "rev-parse", "main~1")
    #expect(try code { try revisions.push(tree) } == .notFound)
    #expect(throws: GitError.self) {
      try revisions.push(main)
      _ = try walk(revisions)
    }
  }

  @Test("a blob is no start")
  func blob() throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    let revisions = try RevisionWalk(ObjectDatabase(objectsDirectory: "\(source)/objects"))
    let blob = try workshop.oid("-C", source, "rev-parse", "main:a/file")
    #expect(throws: GitError.self) { try revisions.push(blob) }
  }
}
