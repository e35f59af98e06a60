import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@testable import Housekeeping

@Suite(.timeLimit(.minutes(10))) struct ConsolidationTests {
  @Test("sixty packs become one; the replaced ones stay for an hour, then they go")
  func consolidates() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      try ground.update(times: 60)
      let old = try ground.packs()
      #expect(old.count == 61)
      let outcome = try ground.housekeep()
      #expect(outcome.status == .done)
      #expect(outcome.packsBefore == 61)
      #expect(outcome.packsAfter == 1)
      #expect(outcome.replaced == 61)
      #expect(outcome.waiting == 61)
      #expect(outcome.warnings == [])
      #expect(try ground.packs().isSuperset(of: old))
      try ground.requireSound()
      for file in ["multi-pack-index", "../info/commit-graph"] {
        #expect(try RealFileSystem().status(of: FilePath("\(ground.copyPath)/objects/pack/\(file)")) != nil)
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: ground.layout.packs.string).count {
          $0.hasSuffix(".bitmap")
        }
          == 1)
      ground.pass(3_599)
      #expect(try ground.housekeep().status == .nothing)
      #expect(try ground.packs().count == 62)
      ground.pass(1)
      let second = try ground.housekeep()
      #expect(second.removed == 61)
      #expect(second.waiting == 0)
      #expect(try ground.packs().count == 1)
      #expect(try ground.packs().isDisjoint(with: old))
      try ground.requireSound()
      #expect(try ground.housekeep().status == .nothing)
      #expect(try RealFileSystem().status(of: ground.layout.replacedPacks) == nil)
      try ground.copy.run("multi-pack-index", "verify")
      try ground.copy.run("commit-graph", "verify")
      try ground.update(99)
      try ground.requireSound()
    }
  }

  @Test("after each of forty updates a housekeeping: packs stay few, objects are packed anew a few times only")
  func staysFew() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      var replaced = 0
      for number in 0..<40 {
        try ground.update(number)
        ground.pass(3_600)
        let outcome = try ground.housekeep()
        #expect(outcome.packsAfter <= 9)
        replaced += outcome.replaced
      }
      #expect(replaced < 120)
      try ground.requireSound()
    }
  }

  @Test(
    "an update a minute with maintenance after each: packs in use stay at fifty, replaced ones go soon after their hour"
  )
  func maintenance() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      let upkeep = CopyMaintenance(budget: .seconds(60), freeBytesToKeep: 0, environment: ground.environment())
      var most = 0
      var consolidations = 0
      for number in 0..<120 {
        try ground.commit(number)
        let (request, outcome) = try ground.attemptMirror()
        #expect(outcome.status == .updated)
        let waiting = try ground.record().packs.count
        #expect(upkeep.afterRun(request, outcome, cancellation: CancellationFlag()) == [])
        if try ground.record().packs.count > waiting { consolidations += 1 }
        #expect(try PackInventory.usedCount(ground.layout, through: RealFileSystem()) <= 50)
        most = max(most, try ground.packs().count)
        ground.pass(60)
      }
      #expect(consolidations == 2)
      #expect(most <= 51 + 51 + 11)
      // Those of the first consolidation went an hour after it.
      #expect(try ground.record().packs.count <= 51)
      try ground.requireSound()
      let (request, outcome) = try ground.attemptMirror()
      #expect(outcome.status == .unchanged)
      let before = try TemporaryDirectory.files(below: ground.copyPath)
      ground.passDays(1)
      #expect(upkeep.afterRun(request, outcome, cancellation: CancellationFlag()) == [])
      #expect(try TemporaryDirectory.files(below: ground.copyPath) == before)
    }
  }

  @Test("a pack that is kept by hand is left alone, also when it was replaced already")
  func keepsKept() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      try ground.update(times: 4)
      let kept = try #require(try ground.packs().sorted().first)
      let mark = "\(ground.layout.packs.string)/\(kept).keep"
      try Data().write(to: URL(filePath: mark))
      #expect(try ground.housekeep().replaced == 4)
      #expect(try !ground.record().names.contains(kept))
      let late = try #require(try ground.record().packs.first?.pack)
      try Data().write(to: URL(filePath: "\(ground.layout.packs.string)/\(late).keep"))
      ground.pass(3_600)
      #expect(try ground.housekeep().removed == 3)
      #expect(try ground.packs().isSuperset(of: [kept, late]))
      try ground.requireSound()
    }
  }

  @Test("a thousand packs become one")
  func thousandPacks() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      let blobs = (0..<1_000).map { "blob\ndata \("\($0)".utf8.count)\n\($0)\ncheckpoint\n" }.joined()
      try ground.copy.run("-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", input: Array(blobs.utf8))
      #expect(try ground.packs().count == 1_001)
      let outcome = try ground.housekeep { $0.scope = .packs }
      #expect(outcome.packsAfter == 1)
      try ground.update(1)
      ground.pass(3_600)
      #expect(try ground.housekeep { $0.scope = .packs }.removed == 1_001)
      try ground.requireSound()
    }
  }

  @Test("many loose objects go into the new pack")
  func takesLoose() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      try ground.update(times: 2)
      let pack = try #require(try ground.packs().first)
      let bytes = try Data(contentsOf: URL(filePath: "\(ground.layout.packs.string)/\(pack).pack"))
      for ending in [".pack", ".idx"] {
        try FileManager.default.removeItem(atPath: "\(ground.layout.packs.string)/\(pack)\(ending)")
      }
      let unpacked = try ground.copy.start(["unpack-objects", "-q"], input: .bytes([UInt8](bytes))).outcome()
      try #require(unpacked.isSuccess)
      let outcome = try ground.housekeep { $0.looseObjects = 2 }
      #expect(outcome.looseObjects == 3)
      #expect(try ground.copy.run("count-objects").text.hasPrefix("0 objects"))
      try ground.requireSound()
    }
  }

  @Test("what is no copy of ours is refused and left alone; a copy in use is busy")
  func refuses() async throws {
    try await OwnThread.run {
      let ground = try HousekeepingGround()
      let environment = ground.environment()
      for path in [ground.source.path, ground.directory.path, ground.directory.path("nothing")] {
        let before = try? TemporaryDirectory.files(below: path)
        let outcome = CopyHousekeeping(FilePath(path), environment: environment, cancellation: CancellationFlag())
          .execute()
        #expect(outcome.error?.code == .destinationNotACopy, "\(path): \(outcome.error.map { "\($0)" } ?? "")")
        #expect((try? TemporaryDirectory.files(below: path)) == before)
      }
      let lock = try OwnerLock.acquire(path: ground.layout.ownerLock, wait: .zero)
      #expect(ground.attempt().error?.code == .busy)
      lock.release()
      #expect(ground.attempt().error == nil)
    }
  }
}
