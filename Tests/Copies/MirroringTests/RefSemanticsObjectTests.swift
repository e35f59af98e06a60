import Foundation
import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Objects behind the refs") struct RefSemanticsObjectTests {
  @Test("a copy of a source that borrows objects stands alone", arguments: SourceTransport.allCases)
  func alternates(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let pool = harness.directory.path("pool.git")
      var lender = RepositoryBuilder()
      let lent = lender.commits(5)
      lender.branch("main", at: lent[4])
      let lending = try lender.build(at: pool)
      let tip = try lending.oid("main")
      let source = try harness.source { builder in
        builder.alternates = ["\(pool)/objects"]
        let own = builder.commits(2, onto: .oid(tip), label: "own")
        builder.branch("main", at: own[1])
        builder.branch("lent", at: .oid(tip))
      }
      try harness.mirrorExactly()
      try source.change { builder in
        builder.branch("older", at: .oid(try lending.oid("main~2")))
        builder.branch("main", at: builder.commits(1, onto: .oid(tip), label: "other")[0])
      }
      try harness.mirrorExactly()
      #expect(!FileManager.default.fileExists(atPath: "\(harness.copyPath)/objects/info/alternates"))
      try FileManager.default.removeItem(atPath: pool)
      try harness.expectSound()
      #expect(try harness.copy.run("rev-list", "--count", "main", "lent").text == "6")
    }
  }

  @Test("submodules, octopus merges, links and executables arrive whole", arguments: SourceTransport.allCases)
  func shapes(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let root = builder.commit([
          "file": "one", "run": .executable(Array("#!/bin/sh\n".utf8)), "link": .symbolicLink(to: "file"),
          "deep/er/and/deeper": "down", "vendor/lib": .submodule(String(repeating: "1", count: 40)),
        ])
        let arms = (1...4).map { builder.commit(["arm\($0)": "\($0)"], parents: [root]) }
        let octopus = builder.commit(["merged": "yes"], parents: arms)
        builder.branch("main", at: octopus)
        builder.branch("other-root", at: builder.commit(["alone": "yes"]))
      }
      try harness.mirrorExactly()
      try source.change { builder in
        let main = BuiltObject.oid(try source.oid("main"))
        let other = BuiltObject.oid(try source.oid("other-root"))
        // Moves a directory, reverts a file, moves the submodule, and joins two histories.
        let next = builder.commit(
          [
            "moved/and/deeper": "down", "deep/er/and/deeper": .removed, "file": "one",
            "vendor/lib": .submodule(String(repeating: "2", count: 40)),
          ], parents: [main, other])
        builder.branch("main", at: next)
      }
      try harness.mirrorExactly()
    }
  }

  @Test("20,000 refs are copied, changed and deleted in one go", arguments: SourceTransport.allCases)
  func manyRefs(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let count = 20_000
      let source = try harness.source { builder in
        let commits = builder.commits(10)
        builder.branch("main", at: commits[9])
        for number in 0..<count { builder.ref("refs/changes/\(number % 100)/\(number)", at: commits[number % 9]) }
      }
      let first = try harness.mirror()
      #expect(first.refs.created == count + 1)
      let packed = "\(harness.sourcePath)/packed-refs"
      let (old, new) = (try source.oid("main~8").hex, try source.oid("main").hex)
      let text = try String(contentsOfFile: packed, encoding: .utf8)
      let kept = text.split(separator: "\n").filter { !$0.hasSuffix("7") || !$0.contains("changes") }
      try Foundation.Data((kept.joined(separator: "\n").replacing(old, with: new) + "\n").utf8)
        .write(to: URL(fileURLWithPath: packed))
      let outcome = try harness.mirrorExactly()
      #expect(outcome.refs.deleted == count / 10)
      #expect(outcome.refs.total == count + 1 - count / 10)
      #expect(try harness.mirror().status == .unchanged)
      let history = try CopyHistory.read(harness.layout.root)
      #expect(history.changes.count == count + 2 + outcome.refs.deleted + outcome.refs.updated)
    }
  }

  @Test("after 400 force-pushes no more objects are received than git would fetch", arguments: SourceTransport.allCases)
  func manyForcePushes(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let branches = 1...400
      let source = try harness.source { builder in
        let base = builder.commits(60)
        builder.branch("main", at: base[59])
        for number in branches {
          let own = builder.commits(2, onto: base[number % 60], file: "own", label: "branch \(number)")
          builder.branch("topic/\(number)", at: own[1])
        }
      }
      let reference = harness.directory.path("reference.git")
      try harness.git().run("clone", "-q", "--mirror", harness.url(of: harness.sourcePath), reference)
      try harness.mirror()
      let bases = try branches.map { try source.oid("topic/\($0)~1") }
      try source.change { builder in
        for (number, base) in zip(branches, bases) {
          let own = builder.commits(2, onto: .oid(base), file: "own", label: "pushed again \(number)")
          builder.branch("topic/\(number)", at: own[1])
        }
      }
      let outcome = try harness.mirrorExactly()
      #expect(outcome.refs.updated == branches.count)
      let fetched = try harness.git(in: reference).run("fetch", "--progress", "--prune", "origin").errorText
      let total = try #require(fetched.firstMatch(of: /Total (\d+)\s/)?.1)
      #expect(outcome.objects <= (Int(total) ?? 0))
      #expect(outcome.objects >= 400 * 2 * 3)
    }
  }
}
