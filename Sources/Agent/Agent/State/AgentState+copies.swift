internal import DurableFiles
internal import Foundation
internal import RegistryStore
internal import Replication
internal import RepositoryReplication
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// What a secondary needs to know of its copies before it works on them.
extension AgentState {
  /// The guard of a kind's root.
  func root(
    of kind: KindConfiguration, tell: @escaping @Sendable (ReplicationLine) -> Void
  ) throws -> RootGuard {
    // As the strategy does: a link to the directory of the copies is followed at the start.
    let resolved = realpath(kind.root, nil)
    defer { free(resolved) }
    let root = FilePath(resolved.map { String(cString: $0) } ?? kind.root)
    let identity = RootIdentity(
      root: root, kind: kind.name.text, record: directory.path.appending("roots.json"), files: RealFileSystem())
    return RootGuard(kind.name, identity, now: environment.now, tell: tell)
  }

  /// - Parameter isFollower: the site has a primary, so that states of a primary in its directory are of a time when it was one itself.
  func copyRules(
    of kind: KindConfiguration, isFollower: Bool, _ tell: @escaping @Sendable (ReplicationLine) -> Void
  ) async throws -> CopyRules {
    let served = isFollower ? try await served(kind.name) : []
    let name = kind.name
    return CopyRules(
      mayAdopt: { served.contains($0) },
      repaired: { id, parts in
        tell(.trouble("the copy of '\(id)' of '\(name)' was repaired: \(parts.joined(separator: ", "))"))
      })
  }

  /// What this site served when it was the primary: those repositories are its own, whoever made them.
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
