import Foundation
import TestSupport
import Testing

@Suite("remora check")
struct CheckCommandTests {
  static let keys: Set<String> = [
    "copy", "sound", "packs", "loose_objects", "bytes", "objects", "findings", "error",
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

  private static func file(_ bench: Workbench, _ suffix: String) throws -> String {
    let packs = "\(bench.copy)/objects/pack"
    let names = try FileManager.default.contentsOfDirectory(atPath: packs).filter { $0.hasSuffix(suffix) }.sorted()
    return "\(packs)/\(try #require(names.first))"
  }

  /// A copy with two packs, a history, a commit-graph, a multi-pack-index with its bitmap, and one loose object.
  private static func withCopy(_ body: (Workbench) async throws -> Void) async throws {
    try await withWorkbench { builder, parent in
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

  @Test("of several copies each is told, and what is no copy is refused")
  func several() async throws {
    try await Self.withCopy { bench in
      let outcome = try await bench.remora("check", bench.copy, bench.source.path, "--json")
      #expect(outcome.status == 2 && outcome.lines.count == 2)
      #expect(try JSONLine(outcome.lines[1])["error"].text("code") == "destination_not_a_copy")
      #expect(try await bench.remora("check", bench.source.path).status == 1)
      #expect(try await bench.remora("check").status == 64)
    }
  }
}
