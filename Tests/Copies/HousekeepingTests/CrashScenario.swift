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
  func prepare(_ place: String) throws -> HousekeepingFixture {
    let fixture = try HousekeepingFixture(at: place)
    try fixture.update(times: 2)
    if self == .repack || self == .trimmedRemoval {
      try fixture.source.change { $0.branch("large", at: $0.commit(["large": .random(20_000, seed: 9)])) }
      try fixture.mirror()
      try fixture.source.change { $0.deleteRef("refs/heads/large") }
      try fixture.mirror()
      fixture.passDays(25)
      try fixture.source.change { builder in
        let main = BuiltObject.oid(try fixture.source.oid("refs/heads/main"))
        builder.branch("kept", at: builder.commit(["kept": "kept\n"], parents: [main]))
      }
      try fixture.mirror()
      try fixture.source.change { $0.deleteRef("refs/heads/kept") }
      try fixture.mirror()
      fixture.passDays(5)
      // Within the retention: as long as it is there, nothing is packed anew.
      let measurement = try Measurement(ReachableShare(reachable: 1, all: 1), at: fixture.now).encoded()
      try RealFileSystem().replaceFile(
        fixture.layout.measurement, with: measurement, permissions: .ownerReadWriteGroupOtherRead)
      fixture.passDays(10)
    }
    switch self {
    case .consolidation: try fixture.update(times: 2, from: 2)
    case .removal:
      try fixture.housekeep()
      try fixture.update(times: 3, from: 2)
    case .repack: break
    case .trimmedRemoval:
      fixture.pass(now.timeIntervalSince1970 - 3_650 - fixture.now.timeIntervalSince1970)
      try fixture.housekeep()
    }
    fixture.pass(now.timeIntervalSince1970 - fixture.now.timeIntervalSince1970)
    return fixture
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
