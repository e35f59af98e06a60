import BlobReplication
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import WorkerPool

/// One change of the disk, small enough to be cut off at every operation, with what must hold afterwards.
enum DurabilityScenario: String, CaseIterable, Sendable {
  case first = "a first download"
  case replacement = "a replacement"
  case adoption = "an adoption"
  case discard = "a discard"
  case restore = "a restore"
  case rename = "a rename"

  static let id = "dir/sub/file"
  static let newID = "new/place"
  static let old = BlobFixture.content(3_000, seed: 1)
  static let new = BlobFixture.content(5_000, seed: 2)

  /// Makes what is there, durable, before the change.
  func prepare(_ root: FilePath) throws {
    switch self {
    case .first, .adoption: return
    case .replacement, .discard, .rename, .restore: break
    }
    let files = RealFileSystem()
    let path = root.pushing(FilePath(Self.id))
    try files.makeDirectories(path.removingLastComponent())
    try files.replaceFile(path, with: Self.old, permissions: .init(rawValue: 0o644))
    guard self == .restore else { return }
    let strategy = BlobFixture.strategy(root)
    _ = try Self.blocking { try await strategy.discard(ReplicableID(Self.id), entry: nil, at: BlobFixture.now) }
  }

  /// Makes the change, from `source`, which has the new bytes. What an earlier run that was killed may have left is not
  /// durable.
  func act(_ stage: PowerLossFixture, source: SourceAddress) throws {
    let strategy = BlobFixture.strategy(stage.root, isMutable: true, files: stage.files)
    let id = try ReplicableID(Self.id)
    switch self {
    case .first, .adoption:
      for name in ["dir", "dir/sub"] {
        let path = stage.root.pushing(FilePath(name))
        if try stage.files.status(of: path) == nil {
          try stage.files.makeDirectory(path, permissions: .init(rawValue: 0o755))
        }
      }
      if self == .adoption {
        let file = try stage.files.create(
          stage.root.pushing(FilePath(Self.id)), permissions: .init(rawValue: 0o644))
        try file.write(Self.new)
        try file.close()
      }
      let expected = BlobFixture.checksum(Self.new)
      let report = try Self.blocking {
        try await strategy.sync(SyncRequest(id: id, source: source, expected: expected))
      }
      guard report.hasChanged == (self == .first) else { throw TestSupportError("\(report)") }
    case .replacement:
      _ = try Self.blocking { try await strategy.sync(SyncRequest(id: id, source: source)) }
    case .discard:
      _ = try Self.blocking { try await strategy.discard(id, entry: nil, at: BlobFixture.now) }
    case .restore:
      _ = try Self.blocking {
        let tickets = try await strategy.trash()
        guard let ticket = tickets.first else { throw TestSupportError("nothing to restore") }
        try await strategy.restore(ticket)
      }
    case .rename: _ = try Self.blocking { try await strategy.rename(id, to: ReplicableID(Self.newID)) }
    }
  }

  /// Checks what the disk may hold. `isDone`: the change had returned.
  func check(_ root: FilePath, isDone: Bool, source: SourceAddress) throws {
    let strategy = BlobFixture.strategy(root, isMutable: true)
    let held = try Self.bytes(Self.id, root)
    let renamed = try Self.bytes(Self.newID, root)
    let trashed = try Self.trashed(strategy, root)
    func require(_ condition: Bool, _ what: String) throws {
      guard condition else {
        throw TestSupportError("\(what): held \(held?.count ?? -1), trashed \(trashed.map(\.count)), done \(isDone)")
      }
    }
    switch self {
    case .first: try require(held == Self.new || held == nil && !isDone, "neither nothing nor all")
    case .adoption: try require(held == Self.new || !isDone, "adopted, and not there")
    case .replacement:
      try require(held == Self.new || held == Self.old && !isDone, "neither old nor new")
      try require(held == Self.old || trashed == [Self.old], "the displaced file is lost")
    case .discard:
      try require(held == Self.old || trashed == [Self.old], "the file is lost")
      try require(!isDone || held == nil, "discarded, and still there")
    case .restore:
      try require(held == Self.old || trashed == [Self.old], "the file is lost")
      try require(!isDone || held == Self.old && trashed == [], "restored, and not there or still in the trash")
    case .rename:
      try require(held == Self.old || renamed == Self.old, "the file is lost")
      try require(!isDone || held == nil, "renamed, and still there")
    }
    try heal(strategy, root, source)
  }

  /// Makes the same change again, on what is there, to its end; nothing else may be left.
  private func heal(_ strategy: BlobStrategy, _ root: FilePath, _ source: SourceAddress) throws {
    let id = try ReplicableID(Self.id)
    switch self {
    case .first, .adoption, .replacement:
      _ = try Self.blocking { try await strategy.sync(SyncRequest(id: id, source: source)) }
      guard try Self.bytes(Self.id, root) == Self.new else { throw TestSupportError("not healed") }
    case .discard: _ = try Self.blocking { try await strategy.discard(id, entry: nil, at: BlobFixture.now) }
    case .restore:
      _ = try Self.blocking { for ticket in try await strategy.trash() { try await strategy.restore(ticket) } }
      guard try Self.bytes(Self.id, root) == Self.old else { throw TestSupportError("not healed") }
    case .rename:
      _ = try Self.blocking { try await strategy.rename(id, to: ReplicableID(Self.newID)) }
      guard try Self.bytes(Self.newID, root) == Self.old else { throw TestSupportError("not healed") }
    }
    let names = try TemporaryDirectory.files(below: root.string).filter { !$0.hasPrefix(".remora-trash") }
    guard names.allSatisfy({ !$0.contains(".remora") }), names.count <= 1 else {
      throw TestSupportError("left behind: \(names)")
    }
  }

  private static func bytes(_ id: String, _ root: FilePath) throws -> [UInt8]? {
    try RealFileSystem().contents(of: root.pushing(FilePath(id)), limit: 1 << 20)
  }

  /// Returns the files of complete entries.
  private static func trashed(_ strategy: BlobStrategy, _ root: FilePath) throws -> [[UInt8]] {
    try blocking { try await strategy.trash() }.compactMap { try bytes(".remora-trash/\($0.name)/content", root) }
  }

  /// Waits for async work on a thread of the test's own.
  static func blocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
    try Bridge.wait(until: .after(.seconds(60)), cancellation: CancellationFlag(), body)
  }
}
