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

  private final class Tally: Sendable {
    struct State {
      var isOver = false
      var clones = [0, 0]
      var complaints: [String] = []
    }

    let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }
    func end() { state.withLock { $0.isOver = true } }

    func add(_ complaint: String?, by reader: Int) {
      state.withLock { state in
        state.clones[reader] += 1
        if let complaint { state.complaints.append(complaint) }
      }
    }

    /// Waits until every clone that is under way now has ended: what the hour is for.
    func awaitThoseUnderWay() {
      let before = state.withLock { $0.clones }
      while !state.withLock({ state in zip(state.clones, before).allSatisfy { $0 > $1 } }) { usleep(5_000) }
    }
  }

  @Test("clones from the copy, by git and by path, over updates, consolidations and removals: none fails")
  func noneFails() async throws {
    let fixture = try await OwnThread.run {
      try HousekeepingFixture { builder in
        var parent: BuiltObject?
        for number in 0..<Self.files {
          let commit = builder.commit(
            ["large\(number)": .random(Self.fileBytes, seed: UInt64(number))], parents: parent.map { [$0] } ?? [])
          parent = commit
          builder.branch("main", at: commit)
        }
      }
    }
    let tally = Tally()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for reader in 0..<2 {
        group.addTask {
          try await OwnThread.run {
            while !tally.isOver { tally.add(try Self.clone(fixture, reader), by: reader) }
          }
        }
      }
      group.addTask { try await OwnThread.run { try Self.keepHouse(fixture, tally) } }
      try await group.waitForAll()
    }
    let (clones, complaints) = tally.state.withLock { ($0.clones.reduce(0, +), $0.complaints) }
    print("\(Self.consolidations) consolidations under \(clones) clones; clones failed: \(complaints.count)")
    #expect(complaints == [])
    #expect(clones >= Self.consolidations / 2)
    try fixture.requireSound()
  }

  /// Runs housekeeping; replaced packs are removed in every other run.
  private static func keepHouse(_ fixture: HousekeepingFixture, _ tally: Tally) throws {
    defer { tally.end() }
    var removed = 0
    for number in 0..<consolidations {
      try fixture.update(times: updatesBetween, from: number * updatesBetween)
      let outcome = try fixture.housekeep { $0.scope = .packs }
      guard outcome.replaced > 0 else { throw TestSupportError("consolidation \(number) replaced nothing") }
      removed += outcome.removed
      guard !number.isMultiple(of: 2) else { continue }
      tally.awaitThoseUnderWay()
      fixture.pass(3_600)
    }
    guard removed > consolidations else { throw TestSupportError("only \(removed) packs were removed") }
  }

  /// - Returns: why a clone failed.
  private static func clone(_ fixture: HousekeepingFixture, _ reader: Int) throws -> String? {
    let place = fixture.directory.path("clone\(reader)")
    defer { try? FileManager.default.removeItem(atPath: place) }  // the whole directory goes with the test
    let outcome = try GitCommand().attempt(
      ["clone", "-q", "--bare", "--no-local", fixture.copyPath, place], within: .seconds(600))
    guard outcome.isSuccess else { return "git clone: \(outcome.errorText)" }
    let whole = try GitCommand().attempt(
      ["-C", place, "rev-list", "--objects", "--all", "--quiet"], within: .seconds(600))
    return whole.isSuccess ? nil : "what was cloned is not whole: \(whole.errorText)"
  }
}
