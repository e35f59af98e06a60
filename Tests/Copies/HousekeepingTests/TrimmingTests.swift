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
  private static func dropLarge(_ fixture: HousekeepingFixture, seed: UInt64 = 9) throws -> String {
    try fixture.source.change { builder in
      builder.branch("large", at: builder.commit(["large": .random(400_000, seed: seed)]))
    }
    try fixture.mirror()
    let tip = try fixture.source.oid("refs/heads/large").hex
    fixture.pass(60)
    try fixture.source.change { $0.deleteRef("refs/heads/large") }
    try fixture.mirror()
    return tip
  }

  private static func bytes(_ fixture: HousekeepingFixture) throws -> Int64 {
    try PackInventory(fixture.layout, through: RealFileSystem()).bytes
  }

  @Test(
    "what was dropped stays for the retention, through our housekeeping and any of git's, then it goes and its space is free",
    arguments: [true, false])
  func retention(hasGit: Bool) async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      let variables = hasGit ? ChildProcess.isolatedEnvironment() : ["PATH": "/nonexistent"]
      try fixture.update(times: 3)
      let small = try Self.bytes(fixture)
      let tip = try Self.dropLarge(fixture)
      let large = try Self.bytes(fixture)
      #expect(large > small + 390_000)
      for command in [["gc", "-q", "--prune=now"], ["repack", "-adfq"], ["prune"], ["pack-refs", "--all"]] {
        _ = try fixture.copy.attempt(command)
        try fixture.housekeep(environment: fixture.environment(variables: variables))
        #expect(try fixture.has(tip), "after git \(command)")
        fixture.passDays(4)
      }
      fixture.passDays(13.9)
      #expect(try fixture.housekeep(environment: fixture.environment(variables: variables)).trimmed == 0)
      #expect(try fixture.has(tip))
      fixture.passDays(0.1)
      let trimming = try fixture.housekeep(environment: fixture.environment(variables: variables))
      // A force-push, and an update forward thrice.
      #expect(trimming.trimmed == 4)
      #expect(trimming.isRepacked)
      #expect(trimming.droppedObjects == 3)
      // Readers may still have it open.
      #expect(try fixture.has(tip))
      fixture.pass(3_600)
      #expect(try fixture.housekeep(environment: fixture.environment(variables: variables)).removed > 0)
      #expect(try !fixture.has(tip))
      #expect(try Self.bytes(fixture) < small + 10_000)
      try fixture.requireSound()
      try fixture.update(77)
      try fixture.requireSound()
    }
  }

  @Test("a commit force-pushed away today from a pack whose files are a year old is kept from today on")
  func oldPack() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.source.change { $0.branch("large", at: $0.commit(["large": .random(300_000, seed: 3)])) }
      try fixture.mirror()
      let tip = try fixture.source.oid("refs/heads/large").hex
      for name in try TemporaryDirectory.files(below: fixture.layout.packs.string) {
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)],
          ofItemAtPath: "\(fixture.layout.packs.string)/\(name)")
      }
      fixture.passDays(365)
      try fixture.source.change { $0.branch("large", at: $0.commit(["large": "small\n"])) }
      try fixture.mirror()
      for days in [0.0, 1, 28.9] {
        fixture.passDays(days)
        #expect(try fixture.housekeep().trimmed == 0)
        #expect(try fixture.has(tip))
      }
      fixture.passDays(0.2)
      #expect(try fixture.housekeep().isRepacked)
      fixture.pass(3_600)
      try fixture.housekeep()
      #expect(try !fixture.has(tip))
      try fixture.requireSound()
    }
  }

  @Test("what is fetched again within the hour is not lost with the packs that were to go")
  func comesBack() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      let tip = try Self.dropLarge(fixture)
      fixture.passDays(31)
      let outcome = try fixture.housekeep()
      #expect(outcome.isRepacked)
      // By hand, for a run would fetch all of it: a ref that only the pack which is to go can serve.
      try fixture.copy.run("update-ref", "refs/heads/again", tip)
      try fixture.source.change { $0.branch("again", at: $0.commit(["large": .random(400_000, seed: 9)])) }
      #expect(try fixture.source.oid("refs/heads/again").hex.count == 40)
      fixture.pass(3_600)
      let second = try fixture.housekeep()
      #expect(second.removed == 0)
      #expect(second.warnings.contains { $0.code == "pack_kept" })
      #expect(try fixture.has(tip))
      #expect(try GitCommand().fsck(fixture.copyPath) == [])
    }
  }

  @Test("the journal loses what is past the retention, by age only, and the history of the rest stays")
  func journal() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 12)
      let start = fixture.now
      fixture.passDays(20)
      let tip = try Self.dropLarge(fixture)
      let files = RealFileSystem()
      // As if it had grown: the next entry begins a new file.
      try files.rename(fixture.layout.journal, to: fixture.layout.own.appending("refs.journal.1.jsonl"))
      try fixture.update(50)
      try fixture.housekeep()
      let whole = try CopyHistory.read(FilePath(fixture.copyPath)).changes
      #expect(whole.count == 1 + 1 + 12 + 2 + 1)
      fixture.passDays(11)
      try fixture.housekeep()
      let some = try CopyHistory.read(FilePath(fixture.copyPath))
      #expect(some.damagedLines == 0)
      #expect(some.changes.map(\.new) == whole.suffix(3).map(\.new))
      #expect(try fixture.has(tip))
      func moment(_ date: Date) throws -> CopyMoment {
        try CopyMoment.read(FilePath(fixture.copyPath), at: date, now: fixture.now)
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
      fixture.passDays(20)
      try fixture.housekeep()
      #expect(try files.status(of: fixture.layout.own.appending("refs.journal.1.jsonl")) == nil)
      // The newest entry stays: the next run reads from it that it took effect.
      #expect(try CopyHistory.read(FilePath(fixture.copyPath)).changes.count == 1)
      try fixture.update(51)
      try fixture.requireSound()
    }
  }

  @Test("a torn journal is left to the run that cuts it; of an edited one only the undecidable part is refused")
  func damagedJournal() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 4)
      let journal = URL(filePath: fixture.layout.journal.string)
      let whole = try String(contentsOf: journal, encoding: .utf8)
      for (text, isRefused) in [
        (whole + #"{"format":1,"id":"17"#, false), ("edited by hand\n" + whole, false),
        (whole + "edited by hand\n", true),
      ] {
        try text.write(to: journal, atomically: false, encoding: .utf8)
        fixture.passDays(31)
        let outcome = fixture.attempt()
        #expect((outcome.error?.code == .destinationDamaged) == isRefused, "\(outcome)")
        #expect(isRefused || outcome.error == nil)
        try fixture.requireSound()
      }
    }
  }

  @Test("replaced objects (refs/replace) are packed as what they are")
  func replaceRefs() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 3)
      let (old, new) = (try fixture.source.oid("refs/heads/main~1").hex, try fixture.source.oid("refs/heads/main").hex)
      try fixture.source.git.run("update-ref", "refs/replace/\(old)", new)
      _ = try Self.dropLarge(fixture)
      fixture.passDays(31)
      #expect(try fixture.housekeep().isRepacked)
      fixture.pass(3_600)
      #expect(try fixture.housekeep().removed > 0)
      try fixture.requireSound()
      #expect(
        try GitCommand(in: fixture.copyPath, environment: ["GIT_NO_REPLACE_OBJECTS": "1"]).run(
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
      let fixture = try HousekeepingFixture()
      let first = try Self.dropLarge(fixture)
      let log = URL(filePath: fixture.layout.droppedLog.string)
      var text = try String(contentsOf: log, encoding: .utf8)
      switch how {
      case "torn": text += "0000000000000000000000000000000000000000 12345"
      case "edited": text = "somebody wrote this\n" + text + "\n\nand this > x y\n"
      case "past":
        // The clock of a run stood at 1970: the order of the lines decides.
        fixture.passDays(10)
        let second = try Self.dropLarge(fixture, seed: 10)
        text = try String(contentsOf: log, encoding: .utf8)
        text = text.replacing("\(Int(fixture.now.timeIntervalSince1970))", with: "86400")
        try text.write(to: log, atomically: false, encoding: .utf8)
        fixture.passDays(19)
        #expect(try fixture.housekeep().trimmed == 0)
        #expect(try fixture.has(second))
        #expect(try fixture.has(first))
        return
      default:
        text = text.replacing("\(Int(fixture.now.timeIntervalSince1970))", with: "4000000000")
        try text.write(to: log, atomically: false, encoding: .utf8)
        fixture.passDays(400)
        #expect(try fixture.housekeep().trimmed == 0)
        #expect(try fixture.has(first))
        return
      }
      try text.write(to: log, atomically: false, encoding: .utf8)
      fixture.passDays(29)
      #expect(try fixture.housekeep().trimmed == 0)
      #expect(try fixture.has(first))
      fixture.passDays(1.1)
      #expect(try fixture.housekeep().trimmed == 1)
      fixture.pass(3_600)
      try fixture.housekeep()
      #expect(try !fixture.has(first))
      // A line of another format belongs to another program.
      #expect(try String(contentsOf: log, encoding: .utf8).contains(how == "torn" ? "12345" : "somebody"))
    }
  }
}
