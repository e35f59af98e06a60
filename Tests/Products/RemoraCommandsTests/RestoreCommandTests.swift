import Foundation
import GitValues
import TestSupport
import Testing

@Suite("remora restore")
struct RestoreCommandTests {
  static let keys: Set<String> = ["copy", "at", "since", "into", "refs", "head", "lost", "uncertain"]
  static let refKeys: Set<String> = ["copy", "at", "ref", "oid", "into", "name", "objects"]

  private static func now() -> String {
    Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  /// 25 branches, of which an attacker rewrites 20 and deletes 5, and the mirror follows.
  private static func attack(
    _ body: (CommandFixture, _ before: [String: String], _ moment: String) async throws -> Void
  )
    async throws
  {
    try await withCommandFixture { builder, commit in
      for number in 0..<25 {
        builder.branch("b\(number)", at: builder.commit(["\(number)": "work of weeks\n"], parents: [commit]))
      }
    } _: { bench in
      try await bench.mirror()
      let before = try GitCommand().refs(bench.source.path)
      let moment = Self.now()
      try bench.source.change { builder in
        for number in 0..<20 { builder.branch("b\(number)", at: builder.commit(["\(number)": "gone\n"])) }
        for number in 20..<25 { builder.deleteRef("refs/heads/b\(number)") }
      }
      try await bench.mirror()
      try await GitCommand(in: bench.source.path).run("reflog", "expire", "--all", "--expire=now")
      try await GitCommand(in: bench.source.path).run("gc", "-q", "--prune=now")
      // Whatever is done to the copy next keeps what its history names.
      #expect(try await bench.remora("housekeep", bench.copy).isSuccess)
      try await GitCommand(in: bench.copy).run("gc", "-q", "--prune=now")
      #expect(try await bench.remora("housekeep", bench.copy).isSuccess)
      try await body(bench, before, moment)
    }
  }

  @Test("brings back 20 rewritten and 5 deleted branches, all at once")
  func everything() async throws {
    try await Self.attack { bench, before, moment in
      let copied = try bench.contentsOfCopy()
      let into = bench.directory.path("restored/project.git")
      let outcome = try await bench.remora("restore", bench.copy, "--at", moment, "--into", into, "--json")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      let report = try JSONLine(outcome.text)
      #expect(report.keys == Self.keys && report.text("head") == "ref: refs/heads/main")
      #expect(try GitCommand().refs(into) == before)
      #expect(try await GitCommand(in: into).run("symbolic-ref", "HEAD").text == "refs/heads/main")
      #expect(try GitCommand().fsck(into) == [])
      #expect(!FileManager.default.fileExists(atPath: "\(into)/remora"))
      // Nothing of the copy has changed, and it outlives the repository that shares files with it.
      #expect(try bench.contentsOfCopy() == copied)
      try await GitCommand(in: into).run("repack", "-adfq")
      try FileManager.default.removeItem(atPath: into)
      #expect(try GitCommand().fsck(bench.copy) == [])
    }
  }

  @Test("brings back each of them with one command, into the repository that lost it")
  func eachRef() async throws {
    try await Self.attack { bench, before, moment in
      for number in 0..<25 {
        let outcome = try await bench.remora(
          "restore", bench.copy, "--ref", "b\(number)", "--at", moment, "--as", "saved/b\(number)", "--into",
          bench.source.path, "--json")
        #expect(outcome.isSuccess, "\(outcome.errorText)")
        #expect(try JSONLine(outcome.text).keys == Self.refKeys)
      }
      let after = try GitCommand().refs(bench.source.path)
      for number in 0..<25 {
        #expect(after["refs/heads/saved/b\(number)"] == before["refs/heads/b\(number)"])
      }
      #expect(try GitCommand().fsck(bench.source.path) == [])
      // Said again it is there already.
      let again = try await bench.remora(
        "restore", bench.copy, "--ref", "b1", "--at", moment, "--as", "saved/b1", "--into", bench.source.path)
      #expect(again.isSuccess)
    }
  }

  @Test(
    "after the retention the same objects are gone, the disk is free again, and restoring says what it cannot",
    .enabled(if: WrongClock.isPossible))
  func retention() async throws {
    try await withCommandFixture { builder, commit in
      builder.branch("large", at: builder.commit(["large": .random(3 << 20, seed: 1)], parents: [commit]))
    } _: { bench in
      try await bench.mirror()
      let (lost, moment) = (try #require(try GitCommand().refs(bench.source.path)["refs/heads/large"]), Self.now())
      try bench.source.change { $0.deleteRef("refs/heads/large") }
      try await bench.mirror()
      let clock = try WrongClock(bench.directory)
      func housekeep(after days: Double) async throws -> JSONLine {
        try clock.set(Int(days * 86_400))
        let outcome = try await RemoraBinary.run(
          ["housekeep", bench.copy, "--json"],
          environment: ChildProcess.isolatedEnvironment().merging(clock.environment) { $1 })
        #expect(outcome.isSuccess, "\(outcome.errorText)")
        return try JSONLine(outcome.text)
      }
      func size() throws -> Int {
        try TemporaryDirectory.files(below: bench.copy + "/objects/pack").reduce(0) { sum, name in
          let attributes = try FileManager.default.attributesOfItem(atPath: "\(bench.copy)/objects/pack/\(name)")
          return sum + (attributes[.size] as? Int ?? 0)
        }
      }
      func isThere() async throws -> Bool {
        try await GitCommand(in: bench.copy).attempt(["cat-file", "-e", lost]).isSuccess
      }
      _ = try await housekeep(after: 29.9)
      #expect(try await isThere())
      #expect(try size() > 3 << 20)
      _ = try await housekeep(after: 30.1)
      #expect(try size() > 3 << 20, "readers have an hour to finish")
      let last = try await housekeep(after: 30.2)
      #expect(last.text("status") == "done")
      #expect(try await !isThere())
      #expect(try size() < 1 << 20)
      #expect(try GitCommand().fsck(bench.copy) == [])
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
      let outcome = try await bench.remora(
        "restore", bench.copy, "--ref", "large", "--at", moment, "--as", "saved", "--into", bench.source.path)
      #expect(outcome.status == 1 && outcome.errorText.contains("its history begins at"), "\(outcome.errorText)")
    }
  }

  @Test("brings back a ref as a bundle that git verifies and clones, a tag and HEAD too")
  func bundle() async throws {
    try await Self.attack { bench, before, moment in
      for (number, ref) in ["refs/heads/b3", "v1", "HEAD"].enumerated() {
        let path = bench.directory.path("saved\(number).bundle")
        let arguments = ["restore", bench.copy, "--ref", ref, "--at", moment, "--as", "saved", "--into", path]
        let outcome = try await RemoraBinary.run(arguments)
        #expect(outcome.isSuccess, "\(outcome.errorText)")
        #expect(try await GitCommand(in: bench.source.path).attempt(["bundle", "verify", "-q", path]).isSuccess)
        let clone = bench.directory.path("clone\(number).git")
        try await GitCommand().run("clone", "-q", "--bare", path, clone)
        let oids = [before["refs/heads/b3"], before["refs/tags/v1"], before["refs/heads/main"]]
        let name = ref == "v1" ? "refs/tags/saved" : "refs/heads/saved"
        #expect(try GitCommand().refs(clone) == [name: try #require(oids[number])])
        #expect(try GitCommand().fsck(clone) == [])
        #expect(try await RemoraBinary.run(arguments).status == 1, "it does not replace a file")
      }
    }
  }

  @Test("what the copy no longer has is named, and the rest is restored")
  func lost() async throws {
    try await Self.attack { bench, before, moment in
      // As when the retention has passed for two of them.
      let log = "\(bench.copy)/logs/refs/remora/dropped"
      let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
      let kept = lines.filter { !$0.hasSuffix("refs/heads/b3") && !$0.hasSuffix("refs/heads/b24") }
      #expect(kept.count == lines.count - 2)
      try Data((kept.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: log))
      try await GitCommand(in: bench.copy).run("gc", "-q", "--prune=now")
      let into = bench.directory.path("restored.git")
      let outcome = try await bench.remora("restore", bench.copy, "--at", moment, "--into", into, "--json")
      #expect(outcome.status == 2)
      #expect(outcome.errorText.contains("'refs/heads/b3'") && outcome.errorText.contains("'refs/heads/b24'"))
      var rest = before
      rest["refs/heads/b3"] = nil
      rest["refs/heads/b24"] = nil
      #expect(try GitCommand().refs(into) == rest)
      #expect(try GitCommand().fsck(into) == [])
      let one = try await bench.remora(
        "restore", bench.copy, "--ref", "b3", "--at", moment, "--into", bench.directory.path("b3.bundle"))
      #expect(one.status == 1 && one.errorText.contains("is no longer there"))
      #expect(!FileManager.default.fileExists(atPath: bench.directory.path("b3.bundle")))
    }
  }

  @Test("moments that are not recorded, and places that do not fit, are refused, and nothing is made")
  func refusals() async throws {
    try await withCommandFixture { bench in
      let before = Self.now()
      try await bench.mirror()
      let moment = Self.now()
      let into = bench.directory.path("restored.git")
      for (at, word) in [(before, "its history begins at "), ("2999-01-01T00:00:00Z", "is yet to come")] {
        let outcome = try await bench.remora("restore", bench.copy, "--at", at, "--into", into)
        #expect(outcome.status == 1 && outcome.errorText.contains(word), "\(outcome.errorText)")
      }
      #expect(!FileManager.default.fileExists(atPath: into))
      for (destination, word) in [
        (bench.source.path, "something is there"), ("\(bench.source.path)/HEAD", "something is there"),
      ] {
        let outcome = try await bench.remora("restore", bench.copy, "--at", moment, "--into", destination)
        #expect(outcome.status == 1 && outcome.errorText.contains(word), "\(outcome.errorText)")
      }
      let refs: [(ref: String, name: String, into: String, word: String)] = [
        ("main", "main", bench.copy, "it is a copy"),
        ("refs/pull/1/head", "main", bench.source.path, "it has 'refs/heads/main' already"),
        ("main", "main/x", bench.source.path, "'refs/heads/main' stands in the way of"),
        ("v1", "refs/heads/t", bench.source.path, "it is no commit"),
        ("main", "a..b", bench.source.path, "git takes no such name"),
        ("none", "x", bench.source.path, "had no such ref"),
        ("main", "x", bench.directory.path("nowhere"), "it is no repository"),
        ("main", "x", bench.directory.path("nowhere/x.bundle"), "no such file or directory"),
      ]
      let source = try GitCommand().view(bench.source.path)
      for (ref, name, into, word) in refs {
        let outcome = try await bench.remora(
          "restore", bench.copy, "--ref", ref, "--as", name, "--at", moment, "--into", into)
        #expect(outcome.status == 1 && outcome.errorText.contains(word), "\(ref) \(name): \(outcome.errorText)")
      }
      #expect(try GitCommand().view(bench.source.path) == source)
      let usage = try await bench.remora("restore", bench.copy, "--at", "yesterday", "--into", into)
      #expect(usage.status == 64)
      let foreign = try await bench.remora("restore", bench.source.path, "--at", moment, "--into", into)
      #expect(foreign.status == 1 && foreign.errorText.contains("is no copy"))
    }
  }
}
