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
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 60)
      let old = try fixture.packs()
      #expect(old.count == 61)
      let outcome = try fixture.housekeep()
      #expect(outcome.status == .done)
      #expect(outcome.packsBefore == 61)
      #expect(outcome.packsAfter == 1)
      #expect(outcome.replaced == 61)
      #expect(outcome.waiting == 61)
      #expect(outcome.warnings == [])
      #expect(try fixture.packs().isSuperset(of: old))
      try fixture.requireSound()
      for file in ["multi-pack-index", "../info/commit-graph"] {
        #expect(try RealFileSystem().status(of: FilePath("\(fixture.copyPath)/objects/pack/\(file)")) != nil)
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: fixture.layout.packs.string).count {
          $0.hasSuffix(".bitmap")
        }
          == 1)
      fixture.pass(3_599)
      #expect(try fixture.housekeep().status == .nothing)
      #expect(try fixture.packs().count == 62)
      fixture.pass(1)
      let second = try fixture.housekeep()
      #expect(second.removed == 61)
      #expect(second.waiting == 0)
      #expect(try fixture.packs().count == 1)
      #expect(try fixture.packs().isDisjoint(with: old))
      try fixture.requireSound()
      #expect(try fixture.housekeep().status == .nothing)
      #expect(try RealFileSystem().status(of: fixture.layout.replacedPacks) == nil)
      try fixture.copy.run("multi-pack-index", "verify")
      try fixture.copy.run("commit-graph", "verify")
      try fixture.update(99)
      try fixture.requireSound()
    }
  }

  @Test("after each of forty updates a housekeeping: packs stay few, objects are packed anew a few times only")
  func staysFew() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      var replaced = 0
      for number in 0..<40 {
        try fixture.update(number)
        fixture.pass(3_600)
        let outcome = try fixture.housekeep()
        #expect(outcome.packsAfter <= 9)
        replaced += outcome.replaced
      }
      #expect(replaced < 120)
      try fixture.requireSound()
    }
  }

  @Test(
    "an update a minute with maintenance after each: packs in use stay at fifty, replaced ones go soon after their hour"
  )
  func maintenance() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      let upkeep = CopyMaintenance(budget: .seconds(60), freeBytesToKeep: 0, environment: fixture.environment())
      var most = 0
      var consolidations = 0
      for number in 0..<120 {
        try fixture.commit(number)
        let (request, outcome) = try fixture.attemptMirror()
        #expect(outcome.status == .updated)
        let waiting = try fixture.record().packs.count
        #expect(upkeep.afterRun(request, outcome, cancellation: CancellationFlag()) == [])
        if try fixture.record().packs.count > waiting { consolidations += 1 }
        #expect(try PackInventory.usedCount(fixture.layout, through: RealFileSystem()) <= 50)
        most = max(most, try fixture.packs().count)
        fixture.pass(60)
      }
      #expect(consolidations == 2)
      #expect(most <= 51 + 51 + 11)
      // Those of the first consolidation went an hour after it.
      #expect(try fixture.record().packs.count <= 51)
      try fixture.requireSound()
      let (request, outcome) = try fixture.attemptMirror()
      #expect(outcome.status == .unchanged)
      let before = try TemporaryDirectory.files(below: fixture.copyPath)
      fixture.passDays(1)
      #expect(upkeep.afterRun(request, outcome, cancellation: CancellationFlag()) == [])
      #expect(try TemporaryDirectory.files(below: fixture.copyPath) == before)
    }
  }

  @Test("a pack that is kept by hand is left alone, also when it was replaced already")
  func keepsKept() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 4)
      let kept = try #require(try fixture.packs().sorted().first)
      let mark = "\(fixture.layout.packs.string)/\(kept).keep"
      try Data().write(to: URL(filePath: mark))
      #expect(try fixture.housekeep().replaced == 4)
      #expect(try !fixture.record().names.contains(kept))
      let late = try #require(try fixture.record().packs.first?.pack)
      try Data().write(to: URL(filePath: "\(fixture.layout.packs.string)/\(late).keep"))
      fixture.pass(3_600)
      #expect(try fixture.housekeep().removed == 3)
      #expect(try fixture.packs().isSuperset(of: [kept, late]))
      try fixture.requireSound()
    }
  }

  @Test("a thousand packs become one")
  func thousandPacks() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      let blobs = (0..<1_000).map { "blob\ndata \("\($0)".utf8.count)\n\($0)\ncheckpoint\n" }.joined()
      try fixture.copy.run("-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", input: Array(blobs.utf8))
      #expect(try fixture.packs().count == 1_001)
      let outcome = try fixture.housekeep { $0.scope = .packs }
      #expect(outcome.packsAfter == 1)
      try fixture.update(1)
      fixture.pass(3_600)
      #expect(try fixture.housekeep { $0.scope = .packs }.removed == 1_001)
      try fixture.requireSound()
    }
  }

  @Test("many loose objects go into the new pack")
  func takesLoose() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      try fixture.update(times: 2)
      let pack = try #require(try fixture.packs().first)
      let bytes = try Data(contentsOf: URL(filePath: "\(fixture.layout.packs.string)/\(pack).pack"))
      for ending in [".pack", ".idx"] {
        try FileManager.default.removeItem(atPath: "\(fixture.layout.packs.string)/\(pack)\(ending)")
      }
      let unpacked = try fixture.copy.start(["unpack-objects", "-q"], input: .bytes([UInt8](bytes))).outcome()
      try #require(unpacked.isSuccess)
      let outcome = try fixture.housekeep { $0.looseObjects = 2 }
      #expect(outcome.looseObjects == 3)
      #expect(try fixture.copy.run("count-objects").text.hasPrefix("0 objects"))
      try fixture.requireSound()
    }
  }

  @Test("what is no copy of ours is refused and left alone; a copy in use is busy")
  func refuses() async throws {
    try await OwnThread.run {
      let fixture = try HousekeepingFixture()
      let environment = fixture.environment()
      for path in [fixture.source.path, fixture.directory.path, fixture.directory.path("nothing")] {
        let before = try? TemporaryDirectory.files(below: path)
        let outcome = CopyHousekeeping(FilePath(path), environment: environment, cancellation: CancellationFlag())
          .execute()
        #expect(outcome.error?.code == .destinationNotACopy, "\(path): \(outcome.error.map { "\($0)" } ?? "")")
        #expect((try? TemporaryDirectory.files(below: path)) == before)
      }
      let lock = try OwnerLock.acquire(path: fixture.layout.ownerLock, wait: .zero)
      #expect(fixture.attempt().error?.code == .busy)
      lock.release()
      #expect(fixture.attempt().error == nil)
    }
  }
}
