import Foundation
import GitValues
import TestSupport
import Testing

@Suite("remora check")
struct CheckCommandTests {
  static let keys: Set<String> = [
    "copy", "sound", "packs", "loose_objects", "bytes", "objects", "proven", "findings", "error",
  ]

  /// What is done to a copy.
  enum Damage: String, CaseIterable, Sendable {
    case packBit, indexBit, packDeleted, indexDeleted, packTruncated, foreignIndex, looseBit, looseMissing, refLine
    case refWithoutObject, head, historyObject, multiPackIndex, commitGraph, bitmap
  }

  private static func flip(_ path: String, at part: Double = 0.5) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[Int(Double(bytes.count) * part)] ^= 1
    chmod(path, 0o644)
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  private static func file(_ bench: CommandFixture, _ suffix: String) throws -> String {
    let packs = "\(bench.copy)/objects/pack"
    let names = try FileManager.default.contentsOfDirectory(atPath: packs).filter { $0.hasSuffix(suffix) }.sorted()
    return "\(packs)/\(try #require(names.first))"
  }

  /// Gives `body` a copy with two packs, a history, a commit-graph, a multi-pack-index with its bitmap, and one loose
  /// object.
  private static func withCopy(_ body: (CommandFixture) async throws -> Void) async throws {
    try await withCommandFixture { builder, parent in
      builder.branch("big", at: builder.commit(["big": .random(200_000, seed: 5)], parents: [parent]))
    } _: { bench in
      try await bench.mirror()
      _ = try bench.forcePush()
      try await bench.mirror()
      let git = GitCommand(in: bench.copy)
      try await git.run("commit-graph", "write", "--reachable")
      try await git.run("multi-pack-index", "write", "--bitmap")
      try await git.run("hash-object", "-w", "--stdin", input: Array("loose\n".utf8))
      try await body(bench)
    }
  }

  @Test("a copy that is as it was is sound, for git too, and nothing is written")
  func sound() async throws {
    try await Self.withCopy { bench in
      let before = try bench.contentsOfCopy()
      let outcome = try await bench.remora("check", bench.copy, "--json")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      let report = try JSONLine(outcome.text)
      #expect(report.keys == Self.keys && report.flag("sound") == true && report.number("packs") == 2)
      #expect(report.number("loose_objects") == 1)
      let reached = try await GitCommand(in: bench.copy).run("rev-list", "--objects", "--all", "--reflog").lines.count
      #expect(report.number("objects").map { Int($0) } ?? 0 >= reached)
      #expect(try GitCommand().fsck(bench.copy) == [])
      #expect(try bench.contentsOfCopy() == before)
    }
  }

  @Test("each damage is found and named; what git makes anew is removed", arguments: Damage.allCases)
  func damaged(damage: Damage) async throws {
    try await Self.withCopy { bench in
      let git = GitCommand(in: bench.copy)
      let loose = "objects/" + (try await git.run("hash-object", "--stdin", input: Array("loose\n".utf8)).text)
      let loosePath = "\(bench.copy)/\(loose.prefix(10))/\(loose.dropFirst(10))"
      let expected: String
      var isDerived = false
      switch damage {
      case .packBit: (expected, _) = ("damaged", try Self.flip(Self.file(bench, ".pack")))
      case .indexBit: (expected, _) = ("damaged", try Self.flip(Self.file(bench, ".idx")))
      case .packDeleted:
        (expected, _) = (
          "an index without its pack", try FileManager.default.removeItem(atPath: Self.file(bench, ".pack"))
        )
      case .indexDeleted:
        (expected, _) = (
          "a pack without its index", try FileManager.default.removeItem(atPath: Self.file(bench, ".idx"))
        )
      case .packTruncated:
        let path = try Self.file(bench, ".pack")
        expected = "its bytes are not what its digest says"
        chmod(path, 0o644)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: file.seekToEnd() / 2)
        try file.close()
      case .foreignIndex:
        let path = try Self.file(bench, ".idx")
        let packs = try FileManager.default.contentsOfDirectory(atPath: "\(bench.copy)/objects/pack")
        let other = try #require(packs.filter { $0.hasSuffix(".idx") }.sorted().last)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: "\(bench.copy)/objects/pack/\(other)", toPath: path)
        expected = "it belongs to another pack"
      case .looseBit: (expected, _) = ("damaged", try Self.flip(loosePath))
      case .looseMissing:
        // A ref needs it.
        try await git.run("update-ref", "refs/tags/blob", String(loose.dropFirst(8)))
        try FileManager.default.removeItem(atPath: loosePath)
        expected = "refs/tags/blob: object \(loose.dropFirst(8)), is missing"
      case .refLine:
        let path = "\(bench.copy)/packed-refs"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try Data((text + "zz refs/heads/odd\n").utf8).write(to: URL(fileURLWithPath: path))
        expected = "damaged"
      case .refWithoutObject:
        let path = "\(bench.copy)/packed-refs"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let line = String(repeating: "1", count: 40) + " refs/tags/zz\n"
        try Data((text + line).utf8).write(to: URL(fileURLWithPath: path))
        expected = "refs/tags/zz: object 1111111111111111111111111111111111111111, is missing"
      case .head:
        try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: "\(bench.copy)/HEAD"))
        expected = "HEAD"
      case .historyObject:
        let log = "\(bench.copy)/logs/refs/remora/dropped"
        let lines = try String(contentsOfFile: log, encoding: .utf8)
        let oid = String(lines.split(separator: " ")[1])
        try Data(lines.replacing(oid, with: String(repeating: "2", count: 40)).utf8).write(
          to: URL(fileURLWithPath: log))
        expected = "the history's 2222222222222222222222222222222222222222"
      case .multiPackIndex:
        isDerived = true
        (expected, _) = ("multi-pack-index", try Self.flip("\(bench.copy)/objects/pack/multi-pack-index", at: 0.9))
      case .commitGraph:
        isDerived = true
        (expected, _) = ("commit-graph", try Self.flip("\(bench.copy)/objects/info/commit-graph", at: 0.9))
      case .bitmap:
        isDerived = true
        (expected, _) = (".bitmap", try Self.flip(Self.file(bench, ".bitmap"), at: 0.9))
      }
      let outcome = try await bench.remora("check", bench.copy, "--json")
      #expect(outcome.errorText.contains(expected), "\(outcome.errorText)")
      let report = try JSONLine(outcome.text)
      #expect(report.list("findings").isEmpty == false)
      if isDerived {
        #expect(outcome.isSuccess && report.flag("sound") == true)
        #expect(report.list("findings").allSatisfy { $0.flag("repaired") == true })
        #expect(try await bench.remora("check", bench.copy, "--json").text.contains("\"findings\":[]"))
        #expect(try GitCommand().fsck(bench.copy) == [])
      } else {
        #expect(outcome.status == 1 && report.flag("sound") == false)
      }
    }
  }

  @Test("of several copies each is reported, and what is no copy is refused")
  func several() async throws {
    try await Self.withCopy { bench in
      let outcome = try await bench.remora("check", bench.copy, bench.source.path, "--json")
      #expect(outcome.status == 2 && outcome.lines.count == 2)
      #expect(try JSONLine(outcome.lines[1])["error"].text("code") == "destination_not_a_copy")
      #expect(try await bench.remora("check", bench.source.path).status == 1)
      #expect(try await bench.remora("check").status == 64)
    }
  }

  /// Of a copy without loose objects.
  private static func check(_ bench: CommandFixture, _ options: String...) async throws -> (
    objects: Int, proven: Int, isSound: Bool
  ) {
    let report = try JSONLine(try await RemoraBinary.run(["check", bench.copy, "--json"] + options).text)
    let (objects, proven) = (report.number("objects") ?? -1, report.number("proven") ?? -1)
    return (Int(objects), Int(proven), report.flag("sound") == true)
  }

  @Test("what one check has walked the next one need not, what has come since it must")
  func incremental() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let first = try await Self.check(bench)
      #expect(first.isSound && first.proven == 0 && first.objects > 0)
      let before = try bench.contentsOfCopy()
      let second = try await Self.check(bench)
      #expect(second.isSound && second.proven == first.objects && second.objects == first.objects)
      #expect(try bench.contentsOfCopy() == before, "nothing is written twice")
      _ = try bench.forcePush()
      try await bench.mirror()
      let third = try await Self.check(bench)
      #expect(third.isSound && third.proven == first.objects && third.objects > first.objects)
      #expect(try await Self.check(bench) == (third.objects, third.objects, true))
      #expect(try await Self.check(bench, "--full") == (third.objects, 0, true))
      try Data("{".utf8).write(to: URL(fileURLWithPath: "\(bench.copy)/remora/check.json"))
      #expect(try await Self.check(bench) == (third.objects, 0, true))
    }
  }

  @Test("damage to what was proven is found", arguments: [Damage.packBit, .indexBit, .packDeleted, .refWithoutObject])
  func damagedAfterProof(damage: Damage) async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      _ = try bench.forcePush()
      try await bench.mirror()
      #expect(try await Self.check(bench).isSound)
      #expect(try await Self.check(bench).proven > 0)
      switch damage {
      case .packBit: try Self.flip(Self.file(bench, ".pack"))
      case .indexBit: try Self.flip(Self.file(bench, ".idx"))
      case .packDeleted:
        for suffix in [".pack", ".idx"] { try FileManager.default.removeItem(atPath: Self.file(bench, suffix)) }
      default:
        let refs = "\(bench.copy)/packed-refs"
        let text = try String(contentsOfFile: refs, encoding: .utf8)
        try (text + "\(String(repeating: "4", count: 40)) refs/zzz/lost\n").write(
          toFile: refs, atomically: true, encoding: .utf8)
      }
      let found = try await Self.check(bench)
      #expect(!found.isSound)
      if damage == .packDeleted { #expect(found.proven == 0) }
    }
  }

  @Test("a pack with an object that nothing reaches is never taken for proven")
  func unreachable() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let git = GitCommand(in: bench.copy)
      let blob = try await git.run("hash-object", "-w", "--stdin", input: Array("stray\n".utf8)).text
      try await git.run("pack-objects", "-q", "objects/pack/pack", input: Array(blob.utf8))
      try await git.run("prune-packed")
      for _ in 0..<2 {
        let checked = try await Self.check(bench)
        #expect(checked.isSound && checked.proven == 0)
      }
      #expect(!FileManager.default.fileExists(atPath: "\(bench.copy)/remora/check.json"))
    }
  }

  @Test("a copy that cannot be written to is still checked", .enabled(if: SmallDisk.isPossible))
  func readOnly() async throws {
    try await withCommandFixture { bench in
      try FileManager.default.createDirectory(
        atPath: bench.directory.path("disk"), withIntermediateDirectories: false)
      let disk = try SmallDisk(at: bench.directory.path("disk"), bytes: 8 << 20)
      defer { disk.unmount() }
      let copy = bench.directory.path("disk/copy.git")
      #expect(try await bench.remora("mirror", bench.source.path, copy, "--keep-free", "0").isSuccess)
      try disk.makeReadOnly()
      let outcome = try await bench.remora("check", copy, "--json")
      #expect(outcome.isSuccess, "\(outcome.errorText)")
    }
  }

  @Test(
    "a damaged loose object is a finding, also where a pack has it", arguments: ["cut", "empty", "another", "sound"])
  func looseBesidePack(damage: String) async throws {
    try await Self.withCopy { bench in
      let oid = try bench.source.oid("refs/heads/big:big").hex
      let other = try bench.source.oid("refs/heads/big").hex
      func path(_ oid: String) -> String { "\(bench.copy)/objects/\(oid.prefix(2))/\(oid.dropFirst(2))" }
      // Loose copies of what the packs have.
      let elsewhere = bench.directory.path("elsewhere.git")
      try await GitCommand().run("init", "-q", "--bare", elsewhere)
      for file in try FileManager.default.contentsOfDirectory(atPath: "\(bench.copy)/objects/pack")
      where file.hasSuffix(".pack") {
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(bench.copy)/objects/pack/\(file)")))
        try await GitCommand(in: elsewhere).run("unpack-objects", "-q", input: bytes)
      }
      func loose(_ oid: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(elsewhere)/objects/\(oid.prefix(2))/\(oid.dropFirst(2))"))
      }
      let good = try loose(oid)
      let bytes =
        switch damage {
        case "cut": good.prefix(good.count / 2)
        case "empty": Data()
        case "another": try loose(other)
        default: good
        }
      try FileManager.default.createDirectory(
        atPath: (path(oid) as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try bytes.write(to: URL(fileURLWithPath: path(oid)))
      for options in [[], ["--full"]] {
        let outcome = try await RemoraBinary.run(["check", bench.copy, "--json"] + options)
        let report = try JSONLine(outcome.text)
        #expect(report.flag("sound") == (damage == "sound"))
        #expect(outcome.status == (damage == "sound" ? 0 : 1))
        let subjects = report.list("findings").compactMap { $0.text("subject") }
        #expect(subjects == (damage == "sound" ? [] : ["objects/\(oid.prefix(2))/\(oid.dropFirst(2))"]))
      }
    }
  }

  @Test("locks and temporary files of other programs are left alone, and are no findings")
  func foreignFiles() async throws {
    try await Self.withCopy { bench in
      let names = [
        "pack/multi-pack-index.lock", "pack/tmp_pack_abc", "pack/tmp_idx_abc", "pack/tmp_rev_abc",
        "pack/.tmp-1-pack-x.bitmap",
        "info/commit-graph.lock", "pack/multi-pack-index.tmp",
      ].map { "\(bench.copy)/objects/\($0)" }
      for name in names { try Data("x".utf8).write(to: URL(fileURLWithPath: name)) }
      let outcome = try await bench.remora("check", bench.copy)
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      #expect(names.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    }
  }

  @Test("more packs than files may be open are no damage", arguments: ["-Sn 100", "-n 128"])
  func manyPacks(limit: String) async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let git = GitCommand(in: bench.copy)
      for number in 0..<150 {
        let blob = try await git.run("hash-object", "-w", "--stdin", input: Array("\(number)\n".utf8)).text
        try await git.run("pack-objects", "-q", "objects/pack/pack", input: Array("\(blob)\n".utf8))
      }
      try await git.run("prune-packed", "-q")
      let script = "ulimit \(limit) && exec \"$0\" check --full --json \"$1\""
      let shell = try ChildProcess("bash", ["-c", script, try BuiltProgram.path("remora"), bench.copy])
      let outcome: ProcessOutcome = try await shell.outcome()
      let report = try JSONLine(outcome.text)
      #expect(report.flag("sound") == true, "\(outcome.text) \(outcome.errorText)")
      #expect(report.number("packs") ?? 0 > 150)
    }
  }
}
