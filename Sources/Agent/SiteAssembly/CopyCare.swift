internal import DurableFiles
internal import Mirroring
internal import RegistryStore
package import Replication
internal import RepositoryReplication
internal import SystemPackage
internal import WorkerPool

/// What a site does for its copies beyond making them equal: it repairs them, and takes over no repository that it did
/// not make.
package struct CopyCare: Sendable {
  /// Whether repositories that this site served when it was the primary may become copies. Only for a site that has a
  /// primary: elsewhere the states of a primary in its directory are those of a list.
  package var adoptsServed: Bool
  /// Receives the repairs of a copy, a line each.
  package var repaired: @Sendable (ReplicableName, ReplicableID, [String]) -> Void
  /// Takes what a sync does, on its own thread and often.
  package var progress: @Sendable (ReplicableName, ReplicableID, SyncStep) -> Void

  /// Care of copies.
  package init(
    adoptsServed: Bool, repaired: @escaping @Sendable (ReplicableName, ReplicableID, [String]) -> Void = { _, _, _ in },
    progress: @escaping @Sendable (ReplicableName, ReplicableID, SyncStep) -> Void = { _, _, _ in }
  ) {
    self.adoptsServed = adoptsServed
    self.repaired = repaired
    self.progress = progress
  }
}

/// What a running sync does.
package struct SyncStep: Hashable, Sendable {
  let progress: MirrorProgress

  /// Whether nothing has come from the host yet.
  package var isBeforeAnswer: Bool {
    switch progress {
    case .listing, .pausing: true
    case .requesting, .remote, .receiving, .indexing, .checking, .publishing: false
    }
  }

  /// The step for a status line.
  package var text: String {
    switch progress {
    case .pausing(let host, let seconds): "waiting \(seconds) s for \(host)"
    case .listing: "listing"
    case .requesting: "waiting for the pack"
    case .remote(let line): "waiting for the pack: \(line)"
    case .receiving(let objects, let total, let bytes): "receiving \(objects) of \(total) objects, \(bytes) bytes"
    case .indexing(let objects, let total): "indexing \(objects) of \(total) objects"
    case .checking(let objects): "checking \(objects) objects"
    case .publishing(let refs): "publishing \(refs) refs"
    }
  }
}

extension SiteResources {
  /// Returns what the strategy of one kind keeps to; `nil` where no care is taken.
  func rules(of kind: KindPlan, _ care: CopyCare?) async throws -> CopyRules? {
    guard let care else { return nil }
    let served = care.adoptsServed ? try await served(kind.name) : []
    return CopyRules(
      mayAdopt: { served.contains($0) }, repaired: { [name = kind.name] in care.repaired(name, $0, $1) })
  }

  /// Returns what this site served when it was the primary: those repositories are its own, whichever program made
  /// them.
  private func served(_ name: ReplicableName) async throws -> Set<ReplicableID> {
    // The states may still be in the journal alone.
    let paths = ["\(name)_states.json", "\(name)_states.journal.jsonl"].map { directory.verification.appending($0) }
    let files = directory.files
    let isThere = try await storage.run { _ in try paths.contains { try files.status(of: $0) != nil } }
    guard isThere else { return [] }
    let states = try await DurablePrimaryStates.open(name, in: directory, pool: storage)
    var found: Set<ReplicableID> = []
    do {
      var last: ReplicableID?
      repeat {
        let window = try await states.window(after: last, limit: 10_000)
        found.formUnion(window.map(\.replicableID))
        last = window.last?.replicableID
      } while last != nil
    } catch {
      await states.close()
      throw error
    }
    await states.close()
    return found
  }
}
