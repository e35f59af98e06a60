import Foundation
import GitValues
import TestSupport
import Testing

@Suite("remora forget")
struct ForgetCommandTests {
  private static let keys: Set<String> = [
    "copy", "target", "gone", "history_lines", "journal_changes", "removed_objects", "remaining", "in_trash",
  ]

  /// Gives `body` a copy of a source that had a secret for a while, and the ids of its commit and its content.
  private static func withLeak(
    _ body: (CommandFixture, _ commit: String, _ blob: String) async throws -> Void
  ) async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let main = try bench.source.oid("main")
      try bench.source.change { $0.branch("leak", at: $0.commit(["password": "secret\n"], parents: [.oid(main)])) }
      let (commit, blob) = (try bench.source.oid("leak").hex, try bench.source.oid("leak:password").hex)
      try await bench.mirror()
      try bench.source.change { builder in
        builder.branch("leak", at: builder.commit(["harmless": "text\n"], parents: [.oid(main)]))
      }
      try await bench.mirror()
      try #require(try await GitCommand(in: bench.copy).attempt(["cat-file", "-e", blob]).isSuccess)
      try await body(bench, commit, blob)
    }
  }

  @Test(
    "what refs have dropped is removed from history, journal and packs, and the copy stays whole",
    arguments: ["blob", "commit", "refs/heads/leak", "leak"], [true, false])
  func removed(target: String, isLoose: Bool) async throws {
    try await Self.withLeak { bench, commit, blob in
      let git = GitCommand(in: bench.copy)
      if isLoose {
        try await git.run("hash-object", "-w", "--stdin", input: Array("secret\n".utf8))
      }
      let text = target == "blob" ? blob : target == "commit" ? commit : target
      let outcome = try await bench.remora("forget", bench.copy, text, "--json")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      #expect(outcome.errorText.contains("not reached: the source"))
      let report = try JSONLine(outcome.text)
      #expect(report.keys == Self.keys && report.flag("gone") == true)
      #expect(report.number("history_lines") == 1)
      for oid in [commit, blob] { #expect(try await !git.attempt(["cat-file", "-e", oid]).isSuccess) }
      #expect(try await !bench.remora("history", bench.copy).text.contains(commit))
      #expect(try GitCommand().fsck(bench.copy) == [])
      #expect(try await bench.remora("check", bench.copy, "--full").isSuccess)
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
      try await bench.mirror()
      // Again there is nothing to do.
      let again = try await bench.remora("forget", bench.copy, text, "--json")
      #expect(try JSONLine(again.text).number("removed_objects") == 0)
    }
  }

  @Test("other history stays")
  func others() async throws {
    try await Self.withLeak { bench, commit, _ in
      let old = try bench.forcePush()
      try await bench.mirror()
      #expect(try await bench.remora("forget", bench.copy, commit).isSuccess)
      let git = GitCommand(in: bench.copy)
      try await git.run("gc", "-q", "--prune=now")
      #expect(try await git.attempt(["cat-file", "-e", old]).isSuccess)
      #expect(try await bench.remora("history", bench.copy, "main").text.contains(old))
    }
  }

  @Test("what a ref reaches is refused with its name, and nothing changes")
  func inUse() async throws {
    try await Self.withLeak { bench, _, _ in
      let before = try bench.contentsOfCopy()
      let harmless = try bench.source.oid("leak:harmless").hex
      let outcome = try await bench.remora("forget", bench.copy, harmless)
      #expect(outcome.status == 1)
      #expect(outcome.errorText.contains("'refs/heads/leak' reaches it"), "\(outcome.errorText)")
      let after = try bench.contentsOfCopy()
      for name in before.keys.sorted() where name != "remora/lock" { #expect(after[name] == before[name], "\(name)") }
    }
  }

  @Test("what it cannot reach is named: packs that are to be kept, and the trash")
  func remaining() async throws {
    try await Self.withLeak { bench, commit, blob in
      let packs = "\(bench.copy)/objects/pack"
      for name in try FileManager.default.contentsOfDirectory(atPath: packs) where name.hasSuffix(".pack") {
        try Data().write(to: URL(fileURLWithPath: "\(packs)/\(name.dropLast(5)).keep"))
      }
      let trashed = bench.directory.path(".remora-trash/x/repository.git")
      try FileManager.default.createDirectory(
        atPath: (trashed as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: bench.copy, toPath: trashed)
      let outcome = try await bench.remora("forget", bench.copy, blob, "--json")
      #expect(outcome.status == 1)
      #expect(outcome.errorText.contains("marked to be kept"), "\(outcome.errorText)")
      #expect(outcome.errorText.contains(trashed), "\(outcome.errorText)")
      #expect(try JSONLine(outcome.text).flag("gone") == false)
      #expect(try GitCommand().fsck(bench.copy) == [])
      _ = commit
    }
  }

  @Test("a directory that is no copy is refused")
  func noCopy() async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("forget", bench.source.path, "refs/heads/main")
      #expect(outcome.status == 1)
      #expect(outcome.errorText.contains("no copy"), "\(outcome.errorText)")
    }
  }
}
