import DurableFiles
import Foundation
import Mirroring
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

/// Readers take no locks: whatever housekeeping does, a clone from the copy comes to its end.
@Suite(.timeLimit(.minutes(60))) struct ClonesTests {
  /// 200 with `REMORA_LONG_TESTS=1`, of a history of some hundred megabytes.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"
  private static let consolidations = isLong ? 200 : 12
  private static let updatesBetween = 4
  private static let files = isLong ? 300 : 40
  private static let fileBytes = isLong ? 1_000_000 : 60_000

  private struct Tally {
    var isOver = false
    var clones = 0
    var complaints: [String] = []
  }

  @Test("clones from the copy, by git and by path, over updates, consolidations and removals: none fails")
  func noneFails() async throws {
    let ground = try await OwnThread.run {
      try HousekeepingGround { builder in
        var parent: BuiltObject?
        for number in 0..<Self.files {
          let commit = builder.commit(
            ["large\(number)": .random(Self.fileBytes, seed: UInt64(number))], parents: parent.map { [$0] } ?? [])
          parent = commit
          builder.branch("main", at: commit)
        }
      }
    }
    let tally = Mutex(Tally())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for reader in 0..<2 {
        group.addTask {
          try await OwnThread.run {
            while !(tally.withLock { $0.isOver }) {
              let complaint = try Self.clone(ground, reader)
              tally.withLock { tally in
                tally.clones += 1
                if let complaint { tally.complaints.append(complaint) }
              }
            }
          }
        }
      }
      group.addTask {
        try await OwnThread.run {
          defer { tally.withLock { $0.isOver = true } }
          for number in 0..<Self.consolidations {
            try ground.update(times: Self.updatesBetween, from: number * Self.updatesBetween)
            // So that each housekeeping has packs to replace, and packs to remove that were replaced two before: no clone takes
            // as long as these.
            ground.pass(1_900)
            let outcome = try ground.housekeep { $0.scope = .packs }
            guard outcome.replaced > 0 else { throw TestSupportError("consolidation \(number) replaced nothing") }
            let before = tally.withLock { $0.clones }
            // Until clones that have begun before are through: what an hour is for.
            while number % 2 == 1, tally.withLock({ $0.clones }) < before + 2 { usleep(10_000) }
          }
        }
      }
      try await group.waitForAll()
    }
    let (clones, complaints) = tally.withLock { ($0.clones, $0.complaints) }
    print("\(Self.consolidations) consolidations under \(clones) clones; clones failed: \(complaints.count)")
    #expect(complaints == [])
    #expect(clones >= Self.consolidations / 2)
    try ground.requireSound()
  }

  /// - Returns: why a clone failed.
  private static func clone(_ ground: HousekeepingGround, _ reader: Int) throws -> String? {
    let place = ground.directory.path("clone\(reader)")
    defer { try? FileManager.default.removeItem(atPath: place) }  // the whole directory goes with the test
    let outcome = try GitCommand().attempt(
      ["clone", "-q", "--bare", "--no-local", ground.copyPath, place], within: .seconds(600))
    guard outcome.isSuccess else { return "git clone: \(outcome.errorText)" }
    let whole = try GitCommand().attempt(
      ["-C", place, "rev-list", "--objects", "--all", "--quiet"], within: .seconds(600))
    return whole.isSuccess ? nil : "what was cloned is not whole: \(whole.errorText)"
  }
}
