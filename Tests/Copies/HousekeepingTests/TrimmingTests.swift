import DurableFiles
import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

@Suite(.timeLimit(.minutes(10))) struct TrimmingTests {
  /// Puts a large branch into the source and the copy, and takes it away again.
  /// - Returns: the branch's tip.
  private static func dropLarge(_ ground: HousekeepingGround, seed: UInt64 = 9) throws -> String {
    try ground.source.change { builder in
      builder.branch("large", at: builder.commit(["large": .random(400_000, seed: seed)]))
    }
    try ground.mirror()
    let tip = try ground.source.oid("refs/heads/large").hex
    ground.pass(60)
    try ground.source.change { $0.deleteRef("refs/heads/large") }
    try ground.mirror()
    return tip
  }

  private static func bytes(_ ground: HousekeepingGround) throws -> Int64 {
    try PackInventory(ground.layout, through: RealFileSystem()).bytes
  }

  @Test(
    "what was dropped stays for the retention, through our housekeeping and any of git's, then it goes and its space is free",
    arguments: [true, false])
  func retention(hasGit: Bool) async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      let variables = hasGit ? ChildProcess.isolatedEnvironment() : ["PATH": "/nonexistent"]
      try ground.update(times: 3)
      let small = try Self.bytes(ground)
      let tip = try Self.dropLarge(ground)
      let large = try Self.bytes(ground)
      #expect(large > small + 390_000)
      for command in [["gc", "-q", "--prune=now"], ["repack", "-adfq"], ["prune"], ["pack-refs", "--all"]] {
        _ = try ground.copy.attempt(command)
        try ground.housekeep(environment: ground.environment(variables: variables))
        #expect(try ground.has(tip), "after git \(command)")
        ground.passDays(4)
      }
      ground.passDays(13.9)
      #expect(try ground.housekeep(environment: ground.environment(variables: variables)).trimmed == 0)
      #expect(try ground.has(tip))
      ground.passDays(0.1)
      let trimming = try ground.housekeep(environment: ground.environment(variables: variables))
      // A force-push, and an update forward thrice.
      #expect(trimming.trimmed == 4)
      #expect(trimming.isRepacked)
      #expect(trimming.droppedObjects == 3)
      // Readers may still have it open.
      #expect(try ground.has(tip))
      ground.pass(3_600)
      #expect(try ground.housekeep(environment: ground.environment(variables: variables)).removed > 0)
      #expect(try !ground.has(tip))
      #expect(try Self.bytes(ground) < small + 10_000)
      try ground.requireSound()
      try ground.update(77)
      try ground.requireSound()
    }
  }

  @Test("a commit force-pushed away today from a pack whose files are a year old is kept from today on")
  func oldPack() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      try ground.source.change { $0.branch("large", at: $0.commit(["large": .random(300_000, seed: 3)])) }
      try ground.mirror()
      let tip = try ground.source.oid("refs/heads/large").hex
      for name in try TemporaryDirectory.files(below: ground.layout.packs.string) {
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)],
          ofItemAtPath: "\(ground.layout.packs.string)/\(name)")
      }
      ground.passDays(365)
      try ground.source.change { $0.branch("large", at: $0.commit(["large": "small\n"])) }
      try ground.mirror()
      for days in [0.0, 1, 28.9] {
        ground.passDays(days)
        #expect(try ground.housekeep().trimmed == 0)
        #expect(try ground.has(tip))
      }
      ground.passDays(0.2)
      #expect(try ground.housekeep().isRepacked)
      ground.pass(3_600)
      try ground.housekeep()
      #expect(try !ground.has(tip))
      try ground.requireSound()
    }
  }

  @Test("what is fetched again within the hour is not lost with the packs that were to go")
  func comesBack() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      let tip = try Self.dropLarge(ground)
      ground.passDays(31)
      let outcome = try ground.housekeep()
      #expect(outcome.isRepacked)
      // By hand, for a run would fetch all of it: a ref that only the pack which is to go can serve.
      try ground.copy.run("update-ref", "refs/heads/again", tip)
      try ground.source.change { $0.branch("again", at: $0.commit(["large": .random(400_000, seed: 9)])) }
      #expect(try ground.source.oid("refs/heads/again").hex.count == 40)
      ground.pass(3_600)
      let second = try ground.housekeep()
      #expect(second.removed == 0)
      #expect(second.warnings.contains { $0.code == "pack_kept" })
      #expect(try ground.has(tip))
      #expect(try GitCommand().fsck(ground.copyPath) == [])
    }
  }

  @Test("the journal loses what is past the retention, by age only, and the history of the rest stays")
  func journal() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      try ground.update(times: 12)
      let start = ground.now
      ground.passDays(20)
      let tip = try Self.dropLarge(ground)
      let files = RealFileSystem()
      // As if it had grown: the next entry begins a new file.
      try files.rename(ground.layout.journal, to: ground.layout.own.appending("refs.journal.1.jsonl"))
      try ground.update(50)
      try ground.housekeep()
      let whole = try CopyHistory.read(FilePath(ground.copyPath)).changes
      #expect(whole.count == 1 + 1 + 12 + 2 + 1)
      ground.passDays(11)
      try ground.housekeep()
      let some = try CopyHistory.read(FilePath(ground.copyPath))
      #expect(some.damagedLines == 0)
      #expect(some.changes.map(\.new) == whole.suffix(3).map(\.new))
      #expect(try ground.has(tip))
      func moment(_ date: Date) throws -> CopyMoment {
        try CopyMoment.read(FilePath(ground.copyPath), at: date, now: ground.now)
      }
      // Within the retention every moment is listed: before the large branch came, and while it was there.
      let dropped = try #require(some.changes.first { $0.new == nil })
      let large = ReferenceName("refs/heads/large")
      for (date, oid) in [(start + 3 * 24 * 3600, nil), (dropped.time - 1, tip), (dropped.time, nil)] {
        let found = try moment(date)
        #expect(found.refs.oid(of: large)?.hex == oid && found.uncertain == [])
        #expect(found.refs.count == (oid == nil ? 1 : 2))
      }
      let error = #expect(throws: MirrorError.self) { try moment(start - 1) }
      #expect(error?.code == .momentUnknown)
      ground.passDays(20)
      try ground.housekeep()
      #expect(try files.status(of: ground.layout.own.appending("refs.journal.1.jsonl")) == nil)
      // The newest entry stays: the next run reads from it that it took effect.
      #expect(try CopyHistory.read(FilePath(ground.copyPath)).changes.count == 1)
      try ground.update(51)
      try ground.requireSound()
    }
  }

  @Test("a torn journal is left to the run that cuts it; of an edited one only the undecidable part is refused")
  func damagedJournal() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      try ground.update(times: 4)
      let journal = URL(filePath: ground.layout.journal.string)
      let whole = try String(contentsOf: journal, encoding: .utf8)
      for (text, isRefused) in [
        (whole + #"{"format":1,"id":"17"#, false), ("edited by hand\n" + whole, false),
        (whole + "edited by hand\n", true),
      ] {
        try text.write(to: journal, atomically: false, encoding: .utf8)
        ground.passDays(31)
        let outcome = ground.attempt()
        #expect((outcome.error?.code == .destinationDamaged) == isRefused, "\(outcome)")
        #expect(isRefused || outcome.error == nil)
        try ground.requireSound()
      }
    }
  }

  @Test("replaced objects (refs/replace) are packed as what they are")
  func replaceRefs() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      try ground.update(times: 3)
      let (old, new) = (try ground.source.oid("refs/heads/main~1").hex, try ground.source.oid("refs/heads/main").hex)
      try ground.source.git.run("update-ref", "refs/replace/\(old)", new)
      _ = try Self.dropLarge(ground)
      ground.passDays(31)
      #expect(try ground.housekeep().isRepacked)
      ground.pass(3_600)
      #expect(try ground.housekeep().removed > 0)
      try ground.requireSound()
      #expect(
        try GitCommand(in: ground.copyPath, environment: ["GIT_NO_REPLACE_OBJECTS": "1"]).run(
          "rev-list", "--objects", "--all"
        ).lines.count > 9)
    }
  }

  @Test(
    "a log that is torn, edited or written by a clock that jumped loses nothing early",
    arguments: [
      // What is appended or changed, the age in days by which the object goes.
      "torn", "edited", "past", "future",
    ])
  func damagedLog(how: String) async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      let first = try Self.dropLarge(ground)
      let log = URL(filePath: ground.layout.droppedLog.string)
      var text = try String(contentsOf: log, encoding: .utf8)
      switch how {
      case "torn": text += "0000000000000000000000000000000000000000 12345"
      case "edited": text = "somebody wrote this\n" + text + "\n\nand this > x y\n"
      case "past":
        // The clock of a run stood at 1970: the order of the lines decides.
        ground.passDays(10)
        let second = try Self.dropLarge(ground, seed: 10)
        text = try String(contentsOf: log, encoding: .utf8)
        text = text.replacing("\(Int(ground.now.timeIntervalSince1970))", with: "86400")
        try text.write(to: log, atomically: false, encoding: .utf8)
        ground.passDays(19)
        #expect(try ground.housekeep().trimmed == 0)
        #expect(try ground.has(second))
        #expect(try ground.has(first))
        return
      default:
        text = text.replacing("\(Int(ground.now.timeIntervalSince1970))", with: "4000000000")
        try text.write(to: log, atomically: false, encoding: .utf8)
        ground.passDays(400)
        #expect(try ground.housekeep().trimmed == 0)
        #expect(try ground.has(first))
        return
      }
      try text.write(to: log, atomically: false, encoding: .utf8)
      ground.passDays(29)
      #expect(try ground.housekeep().trimmed == 0)
      #expect(try ground.has(first))
      ground.passDays(1.1)
      #expect(try ground.housekeep().trimmed == 1)
      ground.pass(3_600)
      try ground.housekeep()
      #expect(try !ground.has(first))
      // A line of another format belongs to another program.
      #expect(try String(contentsOf: log, encoding: .utf8).contains(how == "torn" ? "12345" : "somebody"))
    }
  }
}
