import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

/// What may happen to replaced packs within their hour.
@Suite(.timeLimit(.minutes(10))) struct ReplacedPackTests {
  private static func consolidated(updates: Int = 6) throws -> HousekeepingFixture {
    let fixture = try HousekeepingFixture()
    try fixture.update(times: updates)
    try fixture.housekeep()
    return fixture
  }

  @Test("a clock that is turned back removes nothing early, and does not keep packs for ever")
  func clockBack() async throws {
    try await OwnThread.run {
      let fixture = try Self.consolidated()
      fixture.passDays(-400)
      #expect(try fixture.housekeep().removed == 0)
      fixture.pass(3_599)
      #expect(try fixture.housekeep().removed == 0)
      fixture.pass(1)
      #expect(try fixture.housekeep().removed == 7)
      try fixture.requireSound()
    }
  }

  @Test("packs are not removed when an operator has taken the new one away meanwhile")
  func newPackGone() async throws {
    try await OwnThread.run {
      let fixture = try Self.consolidated()
      let replaced = try fixture.record().names
      let new = try #require(try fixture.packs().subtracting(replaced).first)
      for ending in [".idx", ".pack"] {
        try FileManager.default.removeItem(atPath: "\(fixture.layout.packs.string)/\(new)\(ending)")
      }
      try FileManager.default.removeItem(atPath: fixture.layout.multiPackIndex.string)
      fixture.pass(3_600)
      let outcome = try fixture.housekeep { $0.scope = .packs }
      #expect(outcome.removed == 0)
      #expect(outcome.warnings.count == 7)
      #expect(outcome.packsAfter == 1)
      try fixture.requireSound()
    }
  }

  @Test(
    "an operator's git at work in the copy within the hour harms nothing",
    arguments: [
      ["gc", "--prune=now"], ["repack", "-adf"], ["repack", "-ad"], ["prune"], ["multi-pack-index", "write"],
    ])
  func operators(_ command: [String]) async throws {
    try await OwnThread.run {
      let fixture = try Self.consolidated()
      try #require(try fixture.copy.attempt(command).isSuccess)
      fixture.pass(3_600)
      try fixture.housekeep()
      try fixture.requireSound()
      fixture.pass(3_600)
      try fixture.housekeep()
      #expect(try fixture.record().packs == [])
      #expect(try fixture.packs().count == 1)
      try fixture.requireSound()
      try fixture.copy.run("rev-list", "--objects", "--all")
      try fixture.update(50)
      try fixture.requireSound()
    }
  }

  @Test("a multi-pack-index that names replaced packs goes before they do, and their hour begins anew")
  func namedAgain() async throws {
    try await OwnThread.run {
      let fixture = try Self.consolidated()
      try fixture.copy.run("multi-pack-index", "write")
      fixture.pass(4_000)
      #expect(try fixture.housekeep().removed == 0)
      #expect(try RealFileSystem().status(of: fixture.layout.multiPackIndex) == nil)
      fixture.pass(3_600)
      #expect(try fixture.housekeep().removed == 7)
      try fixture.requireSound()
    }
  }

  @Test(
    "a record that is torn, foreign, of another format or names what it may not replaces nothing",
    arguments: [
      "", "{", #"{"format":2,"packs":[]}"#, #"{"format":1}"#,
      #"{"format":1,"packs":[{"pack":"../../packed-refs","reason":"consolidated","replaced_at":"2000-01-01T00:00:00.000Z"}]}"#,
      #"{"format":1,"packs":[{"pack":"pack-0123456789abcdef0123456789abcdef01234567","reason":"trimmed","replaced_at":"x"}]}"#,
    ])
  func damagedRecord(text: String) async throws {
    try await OwnThread.run {
      let fixture = try Self.consolidated()
      try text.write(toFile: fixture.layout.replacedPacks.string, atomically: false, encoding: .utf8)
      fixture.pass(7_200)
      let outcome = try fixture.housekeep()
      #expect(outcome.removed == 0)
      #expect(outcome.packsBefore == 8)
      #expect(outcome.packsAfter <= 2)
      try fixture.requireSound()
      fixture.pass(3_600)
      try fixture.housekeep()
      #expect(try fixture.packs().count <= 2)
      try fixture.requireSound()
    }
  }

  @Test("the names in a multi-pack-index of git's are read, and damaged ones are detected")
  func names() async throws {
    try await OwnThread.run {
      let fixture = try Self.consolidated()
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: fixture.layout.multiPackIndex.string)))
      #expect(MultiPackIndexNames.parse(bytes)?.names == (try fixture.packs().subtracting(fixture.record().names)))
      #expect(MultiPackIndexNames.parse(Array(bytes.prefix(40))) == nil)
      #expect(MultiPackIndexNames.parse([]) == nil)
      for place in 0..<64 {
        var damaged = bytes
        damaged[place] = 0xFF
        _ = MultiPackIndexNames.parse(damaged)
      }
    }
  }
}
