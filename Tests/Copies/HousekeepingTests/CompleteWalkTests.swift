import Foundation
import Git
import GitValues
import TestSupport
import Testing

@testable import Housekeeping

@Suite struct CompleteWalkTests {
  @Test("finds each object that is missing, whatever it is, and trusts nothing that is reachable only through it")
  func missing() throws {
    let directory = try TemporaryDirectory("walk")
    var builder = RepositoryBuilder()
    let commits = builder.commits(3)
    builder.branch("main", at: commits[2])
    builder.tag("v1", of: commits[1])
    builder.branch("other", at: builder.commit(["other": "x\n"], parents: [commits[0]]))
    let repository = try builder.build(at: directory.path("r.git"))
    let git = GitCommand(in: repository.path)
    let main = try repository.oid("refs/heads/main")
    var whole = CompleteWalk(try ObjectDatabase(objectsDirectory: "\(repository.path)/objects")) { _ in }
    for ref in ["refs/heads/main", "refs/heads/other", "refs/tags/v1"] {
      #expect(try whole.gap(below: repository.oid(ref)) == nil)
    }
    // All objects loose, so that each can be taken away and put back.
    let objects = "\(repository.path)/objects"
    let packs = try FileManager.default.contentsOfDirectory(atPath: "\(objects)/pack").filter { $0.hasSuffix(".pack") }
    for name in packs {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(objects)/pack/\(name)")))
      for file in [name, name.dropLast(5) + ".idx"] {
        try FileManager.default.removeItem(atPath: "\(objects)/pack/\(file)")
      }
      try git.run("unpack-objects", "-q", input: bytes)
    }
    let every = try git.run("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").lines.map { String($0) }
    let needed = Set(try git.run("rev-list", "--objects", "--no-object-names", main.hex).lines.map { String($0) })
    #expect(every.count > needed.count && needed.count >= 8)
    for oid in every {
      let (path, aside) = ("\(objects)/\(oid.prefix(2))/\(oid.dropFirst(2))", directory.path("aside"))
      try FileManager.default.moveItem(atPath: path, toPath: aside)
      var walk = CompleteWalk(try ObjectDatabase(objectsDirectory: objects)) { _ in }
      let wanted = needed.contains(oid) ? oid : nil
      #expect(try walk.gap(below: main)?.oid.hex == wanted)
      // A second walk has the same result: what was met on the way to the gap is not trusted.
      #expect(try walk.gap(below: main)?.oid.hex == wanted)
      try FileManager.default.moveItem(atPath: aside, toPath: path)
    }
  }
}
