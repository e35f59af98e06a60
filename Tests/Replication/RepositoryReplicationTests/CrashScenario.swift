import DurableFiles
import Mirroring
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport

/// One change of a root of copies, small enough to be cut off at every operation.
enum CrashScenario: String, CaseIterable, Codable, Sendable {
  case swap = "a fresh download and swap"
  case discard = "a discard"
  case restore = "a restore"
  case rename = "a rename"
  case emptying = "an emptying of the trash"

  /// Those that move a copy and download nothing.
  static let moves: [CrashScenario] = [.discard, .restore, .rename, .emptying]

  /// Makes what is there, durable, before the change.
  func prepare(_ root: FilePath, _ fixture: CrashFixture) throws {
    try fixture.lay(in: root)
    guard self == .restore || self == .emptying else { return }
    _ = try Self.discard(CrashFixture.strategy(root))
  }

  /// Makes the change.
  func act(_ root: FilePath, _ strategy: RepositoryStrategy, source: String) throws {
    try CrashFixture.blocking {
      let id = try ReplicableID(CrashFixture.id)
      switch self {
      case .swap:
        _ = try await strategy.sync(
          SyncRequest(id: id, source: SourceAddress(location: source), isFresh: true))
      case .discard: _ = try await strategy.discard(id, entry: nil, at: CrashFixture.now)
      case .restore: for ticket in try await strategy.trash() { try await strategy.restore(ticket) }
      case .rename: try await strategy.rename(id, to: ReplicableID(CrashFixture.newID))
      case .emptying: _ = try await strategy.emptyTrash(before: CrashFixture.now + .milliseconds(1))
      }
    }
  }

  private static func discard(_ strategy: RepositoryStrategy) throws -> TrashTicket? {
    try CrashFixture.blocking {
      try await strategy.discard(ReplicableID(CrashFixture.id), entry: nil, at: CrashFixture.now)
    }
  }
}
