import Foundation
import TestSupport
import Testing

@Suite("remora mirror")
struct MirrorCommandTests {
  static let keys: Set<String> = [
    "source", "destination", "status", "refs", "head", "head_unknown", "objects", "bytes", "checksum", "seconds",
    "error", "warnings",
  ]

  @Test("prints one readable line: what happened, to how many refs, with how many objects")
  func humanLine() async throws {
    try await withCommandFixture { bench in
      let first = try await bench.remora("mirror", bench.source.path, bench.copy)
      #expect(first.isSuccess)
      #expect(first.errorText == "")
      let cloned = "cloned \(bench.copy): 3 created, 0 updated, 0 deleted, 3 refs, 7 objects, "
      #expect(first.text.hasPrefix(cloned), "\(first.text)")
      #expect(first.lines.count == 1)

      let second = try await bench.remora("mirror", bench.source.path, bench.copy)
      #expect(second.text.hasPrefix("unchanged \(bench.copy): 3 refs in "), "\(second.text)")

      _ = try bench.forcePush()
      let third = try await bench.remora("mirror", bench.source.path, bench.copy)
      let updated = "updated \(bench.copy): 0 created, 1 updated, 1 deleted, 2 refs, 3 objects, "
      #expect(third.text.hasPrefix(updated), "\(third.text)")
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
    }
  }

  @Test("--json prints one object with every key")
  func json() async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("mirror", bench.source.path, bench.copy, "--json")
      #expect(outcome.isSuccess)
      #expect(outcome.lines.count == 1)
      let report = try JSONLine(outcome.text)
      #expect(report.keys == Self.keys)
      #expect(report.text("source") == bench.source.path)
      #expect(report.text("destination") == bench.copy)
      #expect(report.text("status") == "cloned")
      #expect(report["refs"].keys == ["created", "updated", "deleted", "total"])
      #expect(report["refs"].number("created") == 3)
      #expect(report["refs"].number("total") == 3)
      #expect(report.text("head") == "ref: refs/heads/main")
      #expect(report.flag("head_unknown") == false)
      #expect(report.number("objects") == 7)
      #expect(report.number("bytes") ?? 0 > 100)
      #expect(try report.text("checksum") == GitCommand().checksum(bench.copy))
      #expect(report.number("seconds") ?? 0 > 0)
      #expect(report.isNull("error"))
      #expect(report.list("warnings").isEmpty)
    }
  }

  @Test("a failure is one line on standard error, and with --json the same with its code")
  func failure() async throws {
    try await withCommandFixture { bench in
      let missing = bench.directory.path("nowhere.git")
      let plain = try await bench.remora("mirror", missing, bench.copy)
      #expect(plain.status == 1)
      #expect(plain.text == "")
      #expect(plain.errorText.hasPrefix("remora: error: "))
      #expect(plain.errorText.contains(missing))
      #expect(!plain.errorText.contains("\n"))
      let machine = try await bench.remora("mirror", missing, bench.copy, "--json")
      #expect(machine.status == 1)
      let report = try JSONLine(machine.text)
      #expect(report.keys == Self.keys)
      #expect(report.text("status") == "failed")
      #expect(report["error"].keys == ["code", "message", "hint"])
      #expect(report["error"].text("code") == "source_not_found")
      #expect(report.isNull("checksum"))
      #expect(!FileManager.default.fileExists(atPath: bench.copy))
    }
  }

  @Test("--quiet prints failures only")
  func quiet() async throws {
    try await withCommandFixture { bench in
      let good = try await bench.remora("mirror", bench.source.path, bench.copy, "--quiet")
      #expect(good.isSuccess)
      #expect(good.text == "")
      #expect(good.errorText == "")
      let bad = try await bench.remora("mirror", bench.directory.path("no.git"), bench.copy, "--quiet")
      #expect(bad.status == 1)
      #expect(bad.errorText.contains("no.git"))
    }
  }

  @Test("--dry-run says what would happen and writes nothing")
  func dryRun() async throws {
    try await withCommandFixture { bench in
      let first = try await bench.remora("mirror", bench.source.path, bench.copy, "--dry-run")
      #expect(first.isSuccess)
      #expect(first.text.hasPrefix("would be cloned \(bench.copy): 3 created"), "\(first.text)")
      #expect(!FileManager.default.fileExists(atPath: bench.copy))
      #expect(try TemporaryDirectory.files(below: bench.directory.path).allSatisfy { $0.hasPrefix("served/") })

      try await bench.mirror()
      _ = try bench.forcePush()
      let before = try bench.contentsOfCopy()
      let second = try await bench.remora("mirror", bench.source.path, bench.copy, "--dry-run", "--json")
      let report = try JSONLine(second.text)
      #expect(report.text("status") == "updated")
      #expect(report["refs"].number("deleted") == 1)
      #expect(try bench.contentsOfCopy() == before)
    }
  }

  @Test("--exclude-ref leaves refs out, is remembered, and ends with an empty rule")
  func excludeRef() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror("--exclude-ref", "refs/pull", "--exclude-ref", "refs/tags/*")
      #expect(try GitCommand().refs(bench.copy).keys.sorted() == ["refs/heads/main"])
      let configured = try await GitCommand(in: bench.copy).run("config", "--get-all", "remora.excluderef").lines
      #expect(configured == ["refs/pull", "refs/tags/*"])
      try await bench.mirror()
      #expect(try GitCommand().refs(bench.copy).count == 1)
      let equal = try await bench.remora("verify", bench.source.path, bench.copy)
      #expect(equal.isSuccess)
      try await bench.mirror("--exclude-ref", "refs/pull")
      #expect(try GitCommand().refs(bench.copy).keys.sorted() == ["refs/heads/main", "refs/tags/v1"])
      try await bench.mirror("--exclude-ref", "")
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
    }
  }

  @Test("a copy that loses most of its refs is warned of, whichever side left them out")
  func massDeletion() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let outcome = try await bench.remora(
        "mirror", bench.source.path, bench.copy, "--exclude-ref", "refs/*", "--json")
      #expect(outcome.isSuccess)
      let warnings = try JSONLine(outcome.text).list("warnings")
      #expect(warnings.map(\.keys) == [["code", "message"]])
      #expect(warnings.first?.text("code") == "mass_ref_deletion")
      #expect(warnings.first?.text("message")?.hasPrefix("3 of 3 refs are gone") == true)
      #expect(outcome.errorText.hasPrefix("remora: warning: \(bench.copy): 3 of 3 refs"))
      #expect(try GitCommand().refs(bench.copy).isEmpty)
    }
  }

  @Test("another repository is refused and left alone, until --adopt says so")
  func adopt() async throws {
    try await withCommandFixture { bench in
      try await GitCommand().run("init", "-q", "--bare", bench.copy)
      let before = try bench.contentsOfCopy()
      let refused = try await bench.remora("mirror", bench.source.path, bench.copy, "--json")
      #expect(refused.status == 1)
      #expect(try JSONLine(refused.text)["error"].text("code") == "destination_not_a_copy")
      #expect(try bench.contentsOfCopy() == before)
      try await bench.mirror("--adopt")
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
    }
  }

  @Test("a copy that another run holds is busy: 75 at once, or after --wait the copy is updated")
  func busy() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      _ = try bench.forcePush()
      let before = try bench.contentsOfCopy()
      let holder = try ChildProcess(
        "flock", ["\(bench.copy)/remora/lock", "sh", "-c", "echo held; cat"], input: .heldOpen)
      try #require(holder.waitUntil(printed: "held"))
      let busy = try await bench.remora("mirror", bench.source.path, bench.copy, "--json")
      #expect(busy.status == 75)
      #expect(try JSONLine(busy.text)["error"].text("code") == "busy")
      #expect(try bench.contentsOfCopy() == before)
      let waiting = try RemoraBinary.start(["mirror", bench.source.path, bench.copy, "--wait", "60"])
      holder.endInput()
      #expect(try await waiting.outcome().isSuccess)
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
    }
  }

  @Test("paths are taken from the current directory, and recorded absolute")
  func relativePaths() async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("mirror", "served/source.git", "new/deep/copy.git")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      let copy = bench.directory.path("new/deep/copy.git")
      #expect(try await GitCommand(in: copy).run("config", "remora.source").text == bench.source.path)
      #expect(try GitCommand().view(copy) == bench.source.view())
    }
  }

  @Test("paths that are not UTF-8 are taken as they are", arguments: ["\\xe9", "\\xff\\xfe", "\\xf4\\x8f\\xba\\x80"])
  func foreignPaths(bytes: String) async throws {
    try await withCommandFixture { bench in
      let script = """
        set -e; s=$(printf 'source%b.git' "$2"); c=$(printf 'copy%b.git' "$2"); cd "$3"
        cp -r "$1" "$s"; "$0" mirror "$s" "$c"; git -C "$s" update-ref refs/heads/new refs/heads/main
        "$0" mirror "$s" "$c" --json; "$0" verify "$s" "$c"; "$0" check "$c" --quiet; "$0" housekeep "$c" --quiet
        printf '%s %s\\n' "$PWD/$s" "listed$c" > list; "$0" mirror --list list --into .
        "$0" history "$c" > /dev/null; "$0" checksum "$c" > /dev/null
        git -C "$c" rev-parse -q --verify refs/heads/new; git -C "$c" fsck; git -C "listed$c" fsck; ls | wc -l
        """
      let place = bench.directory.path("strange")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let shell = try ChildProcess(
        "bash", ["-c", script, try BuiltProgram.path("remora"), bench.source.path, bytes, place])
      let outcome: ProcessOutcome = try await shell.outcome()
      #expect(outcome.isSuccess, "\(outcome.text) \(outcome.errorText)")
      // Source, copy, the copy of the list, the list: no other name was made up.
      #expect(outcome.lines.last?.trimmingCharacters(in: .whitespaces) == "4")
    }
  }

  @Test("a rate-limited, a refused and a missing source: no failure is without a hint")
  func hints() async throws {
    try await withCommandFixture { bench in
      for source in [bench.directory.path("nowhere"), "http://127.0.0.1:1/x.git", bench.directory.path("")] {
        let outcome = try await bench.remora("mirror", "--json", source, bench.copy)
        #expect(outcome.status == 1)
        #expect(try JSONLine(outcome.text)["error"].text("hint")?.isEmpty == false)
      }
      let itself = try await bench.remora("mirror", "--adopt", "--json", bench.source.path, bench.source.path)
      #expect(try JSONLine(itself.text)["error"].text("code") == "destination_is_the_source")
    }
  }
}
