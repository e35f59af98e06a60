import BlobReplication
import Foundation
import Remora
import Replication
import RepositoryReplication
import SystemPackage

// Eight replicators with one fault each. The kit must name it.

struct Losing: Replicable {
  typealias ReplicatorType = LosingReplicator
  let replicableID: ReplicableID
}

/// Loses an event: nothing is published when the content changes.
struct LosingReplicator: RepositoryReplicator {
  typealias Model = Losing
  let modelRecordID: ReplicableID

  func handleAfterUpdate(on site: any Site) async throws {}
}

struct Early: Replicable {
  typealias ReplicatorType = EarlyReplicator
  let replicableID: ReplicableID
}

/// Claims a generation early: whatever was announced while it copied counts as copied.
struct EarlyReplicator: RepositoryReplicator {
  typealias Model = Early
  let modelRecordID: ReplicableID

  func sync(on secondary: Secondary) async throws -> SyncResult {
    let result = try await secondary.syncNow(modelRecordID, Self.replicableName)
    try await secondary.registry(of: Self.replicableName).change(modelRecordID) { entry, _ in
      guard var early = entry, early.state != .failed else { return }
      early.held = early.wanted
      early.state = .synced
      entry = early
    }
    return result
  }
}

struct Unchecked: Replicable {
  typealias ReplicatorType = UncheckedReplicator
  let replicableID: ReplicableID
}

/// Skips verification: reports success.
struct UncheckedReplicator: RepositoryReplicator {
  typealias Model = Unchecked
  let modelRecordID: ReplicableID

  func verify(on secondary: Secondary) async throws -> VerificationResult {
    try await secondary.registry(of: Self.replicableName).change(modelRecordID) { entry, _ in
      entry?.verificationState = .succeeded
    }
    return .succeeded(.reading)
  }
}

struct Headless: Replicable {
  typealias ReplicatorType = HeadlessReplicator
  let replicableID: ReplicableID
}

/// Ignores HEAD: neither copied nor compared.
struct HeadlessReplicator: RepositoryReplicator {
  typealias Model = Headless
  let modelRecordID: ReplicableID

  static func strategy(insteadOf standard: any Strategy) -> any Strategy {
    guard let standard = standard as? RepositoryStrategy else { return standard }
    return AlteredStrategy(
      standard,
      sync: { request throws(StrategyError) in
        let head = URL(fileURLWithPath: standard.place.path(of: request.id).appending("HEAD").string)
        let before = try? Data(contentsOf: head)  // none at first
        let report = try await standard.sync(request)
        // Written anew as it was: the fault of this replicator.
        try? before?.write(to: head, options: .atomic)
        return report
      },
      listing: { id throws(StrategyError) in
        let whole = try await standard.listing(of: id)
        var rest = ContentListing()
        for index in 0..<whole.count where !whole.name(index).elementsEqual("HEAD".utf8) {
          rest.append(name: whole.name(index), value: whole.value(index))
        }
        rest.checksum = Checksum(sha256: [UInt8](repeating: UInt8(truncatingIfNeeded: rest.count), count: 32))
        return rest
      })
  }
}

struct Partial: Replicable {
  typealias ReplicatorType = PartialReplicator
  let replicableID: ReplicableID
}

/// Publishes a partial blob: writes where readers look, and compares afterwards.
struct PartialReplicator: BlobReplicator {
  typealias Model = Partial
  let modelRecordID: ReplicableID

  static func strategy(insteadOf standard: any Strategy) -> any Strategy {
    guard let standard = standard as? BlobStrategy else { return standard }
    return AlteredStrategy(
      standard,
      sync: { request throws(StrategyError) in
        let location = request.source.location
        let path = location.hasPrefix("file://") ? String(location.dropFirst(7)) : location
        let target = standard.place.path(of: request.id).string
        guard let bytes = FileManager.default.contents(atPath: path) else { return try await standard.sync(request) }
        _ = FileManager.default.createFile(atPath: target, contents: bytes)
        let found = try await standard.listing(of: request.id).checksum
        if let expected = request.expected, found != expected {
          throw StrategyError(.checksumMismatch, "what came is not what was promised")
        }
        return SyncReport(checksum: found, hasChanged: true)
      })
  }
}

struct Careless: Replicable {
  typealias ReplicatorType = CarelessReplicator
  let replicableID: ReplicableID
}

/// Destroys without trash.
struct CarelessReplicator: BlobReplicator {
  typealias Model = Careless
  let modelRecordID: ReplicableID

  static func strategy(insteadOf standard: any Strategy) -> any Strategy {
    guard let standard = standard as? BlobStrategy else { return standard }
    return AlteredStrategy(
      standard,
      discard: { id throws(StrategyError) in
        try? FileManager.default.removeItem(atPath: standard.place.path(of: id).string)  // the fault
        return nil
      })
  }
}

struct Impatient: Replicable {
  typealias ReplicatorType = ImpatientReplicator
  let replicableID: ReplicableID
}

/// Retries without back-off: a failure is forgotten at once.
struct ImpatientReplicator: RepositoryReplicator {
  typealias Model = Impatient
  let modelRecordID: ReplicableID

  func sync(on secondary: Secondary) async throws -> SyncResult {
    let result = try await secondary.syncNow(modelRecordID, Self.replicableName)
    try await secondary.registry(of: Self.replicableName).change(modelRecordID) { entry, _ in
      guard entry?.state == .failed else { return }
      entry?.retryAt = nil
      entry?.retryCount = 0
    }
    return result
  }
}

struct Trusting: Replicable {
  typealias ReplicatorType = TrustingReplicator
  let replicableID: ReplicableID
}

/// Checksums the advertisement instead of the disk: remembers what it fetched and never looks again.
struct TrustingReplicator: RepositoryReplicator {
  typealias Model = Trusting
  let modelRecordID: ReplicableID

  static func strategy(insteadOf standard: any Strategy) -> any Strategy {
    let memory = ListingMemory()
    return AlteredStrategy(
      standard,
      sync: { request throws(StrategyError) in
        let report = try await standard.sync(request)
        memory.remember(try await standard.listing(of: request.id), of: request.id)
        return report
      },
      listing: { id throws(StrategyError) in
        if let listing = memory.listing(of: id) { return listing }
        return try await standard.listing(of: id)
      })
  }
}
