import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

/// What may happen to replaced packs within their hour.
@Suite(.timeLimit(.minutes(10))) struct ReplacedPackTests {
  private static func consolidated(updates: Int = 6) throws -> HousekeepingGround {
    let ground = try HousekeepingGround()
    try ground.update(times: updates)
    try ground.housekeep()
    return ground
  }

  @Test("a clock that is turned back removes nothing early, and does not keep packs for ever")
  func clockBack() async throws {
    try await OwnThread.run {
      let ground = try Self.consolidated()
      ground.passDays(-400)
      #expect(try ground.housekeep().removed == 0)
      ground.pass(3_599)
      #expect(try ground.housekeep().removed == 0)
      ground.pass(1)
      #expect(try ground.housekeep().removed == 7)
      try ground.requireSound()
    }
  }

  @Test("packs are not removed when an operator has taken the new one away meanwhile")
  func newPackGone() async throws {
    try await OwnThread.run {
      let ground = try Self.consolidated()
      let replaced = try ground.record().names
      let new = try #require(try ground.packs().subtracting(replaced).first)
      for ending in [".idx", ".pack"] {
        try FileManager.default.removeItem(atPath: "\(ground.layout.packs.string)/\(new)\(ending)")
      }
      try FileManager.default.removeItem(atPath: ground.layout.multiPackIndex.string)
      ground.pass(3_600)
      let outcome = try ground.housekeep { $0.scope = .packs }
      #expect(outcome.removed == 0)
      #expect(outcome.warnings.count == 7)
      #expect(outcome.packsAfter == 1)
      try ground.requireSound()
    }
  }

  @Test(
    "an operator's git at work in the copy within the hour harms nothing",
    arguments: [
      ["gc", "--prune=now"], ["repack", "-adf"], ["repack", "-ad"], ["prune"], ["multi-pack-index", "write"],
    ])
  func operators(_ command: [String]) async throws {
    try await OwnThread.run {
      let ground = try Self.consolidated()
      try #require(try ground.copy.attempt(command).isSuccess)
      ground.pass(3_600)
      try ground.housekeep()
      try ground.requireSound()
      ground.pass(3_600)
      try ground.housekeep()
      #expect(try ground.record().packs == [])
      #expect(try ground.packs().count == 1)
      try ground.requireSound()
      try ground.copy.run("rev-list", "--objects", "--all")
      try ground.update(50)
      try ground.requireSound()
    }
  }

  @Test("a multi-pack-index that names replaced packs goes before they do, and their hour begins anew")
  func namedAgain() async throws {
    try await OwnThread.run {
      let ground = try Self.consolidated()
      try ground.copy.run("multi-pack-index", "write")
      ground.pass(4_000)
      #expect(try ground.housekeep().removed == 0)
      #expect(try RealFileSystem().status(of: ground.layout.multiPackIndex) == nil)
      ground.pass(3_600)
      #expect(try ground.housekeep().removed == 7)
      try ground.requireSound()
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
      let ground = try Self.consolidated()
      try text.write(toFile: ground.layout.replacedPacks.string, atomically: false, encoding: .utf8)
      ground.pass(7_200)
      let outcome = try ground.housekeep()
      #expect(outcome.removed == 0)
      #expect(outcome.packsBefore == 8)
      #expect(outcome.packsAfter <= 2)
      try ground.requireSound()
      ground.pass(3_600)
      try ground.housekeep()
      #expect(try ground.packs().count <= 2)
      try ground.requireSound()
    }
  }

  @Test("the names in a multi-pack-index of git's are read, and damaged ones are detected")
  func names() async throws {
    try await OwnThread.run {
      let ground = try Self.consolidated()
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: ground.layout.multiPackIndex.string)))
      #expect(MultiPackIndexNames.parse(bytes)?.names == (try ground.packs().subtracting(ground.record().names)))
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
