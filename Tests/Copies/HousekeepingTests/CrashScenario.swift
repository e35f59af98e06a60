import DurableFiles
import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import WorkerPool

@testable import Housekeeping

/// A kind of housekeeping, on a small copy that is laid anew for each crash.
enum CrashScenario: String, CaseIterable, Codable, Sendable, CustomStringConvertible {
  /// Five packs become one.
  case consolidation
  /// The packs that the last one replaced go, new ones are put together.
  case removal
  /// Log and journal are trimmed, most of the copy is removed.
  case repack
  /// The packs that were replaced by packing anew go.
  case trimmedRemoval

  var description: String { rawValue }

  /// Fsync calls of which any single one could go in this kind of housekeeping, though not in all.
  ///
  /// - Consolidation: the measurement is made durable again by the note of the replaced packs, in the same directory. In
  ///   a repack it comes last.
  /// - Removal: the note without the removed packs is, by the one that follows. In the removal of trimmed packs none
  ///   follows.
  /// - Repack: log, journal's beginning and journal go through one staged name, so that each takes along the one before.
  var repeatedSynchronizations: [String] {
    switch self {
    case .consolidation, .removal: ["fsync 2 of directory 'copy.git/remora'"]
    case .repack:
      [
        "fsync 3 of directory 'copy.git/logs/refs/remora'", "fsync 5 of directory 'copy.git/remora'",
        "fsync 7 of directory 'copy.git/remora'",
      ]
    case .trimmedRemoval: []
    }
  }

  static let start = 1_800_000_000.0

  /// What the clock says in the housekeeping that is cut off.
  var now: Date {
    let days: Double = self == .repack || self == .trimmedRemoval ? 40 * 24 * 3600 : 0
    return Date(timeIntervalSince1970: Self.start + 20_000 + days + (self == .trimmedRemoval ? 3_700 : 0))
  }

  /// Makes the copy as it is before.
  func prepare(_ place: String) throws -> HousekeepingGround {
    let ground = try HousekeepingGround(at: place)
    try ground.update(times: 2)
    if self == .repack || self == .trimmedRemoval {
      try ground.source.change { $0.branch("large", at: $0.commit(["large": .random(20_000, seed: 9)])) }
      try ground.mirror()
      try ground.source.change { $0.deleteRef("refs/heads/large") }
      try ground.mirror()
      ground.passDays(25)
      try ground.source.change { builder in
        let main = BuiltObject.oid(try ground.source.oid("refs/heads/main"))
        builder.branch("kept", at: builder.commit(["kept": "kept\n"], parents: [main]))
      }
      try ground.mirror()
      try ground.source.change { $0.deleteRef("refs/heads/kept") }
      try ground.mirror()
      ground.passDays(5)
      // Within the retention: as long as it is there, nothing is packed anew.
      let measurement = try Measurement(ReachableShare(reachable: 1, all: 1), at: ground.now).encoded()
      try RealFileSystem().replaceFile(
        ground.layout.measurement, with: measurement, permissions: .ownerReadWriteGroupOtherRead)
      ground.passDays(10)
    }
    switch self {
    case .consolidation: try ground.update(times: 2, from: 2)
    case .removal:
      try ground.housekeep()
      try ground.update(times: 3, from: 2)
    case .repack: break
    case .trimmedRemoval:
      ground.pass(now.timeIntervalSince1970 - 3_650 - ground.now.timeIntervalSince1970)
      try ground.housekeep()
    }
    ground.pass(now.timeIntervalSince1970 - ground.now.timeIntervalSince1970)
    return ground
  }

  /// The housekeeping that is cut off.
  static func housekeep(
    _ copy: FilePath, at now: Date, through files: any FileSystemPort,
    report: @escaping @Sendable (HousekeepingPhase) -> Void = { _ in }
  ) -> HousekeepingOutcome {
    let environment = HousekeepingEnvironment(
      files: files, now: { now }, variables: ChildProcess.isolatedEnvironment())
    var settings = HousekeepingSettings()
    settings.freeBytesToKeep = 0
    return CopyHousekeeping(
      copy, settings: settings, environment: environment, cancellation: CancellationFlag(), report: report
    ).execute()
  }
}
