internal import Replication
internal import WorkerPool

/// Examines every copy in the registry, each hour by default: one that is gone, or whose files other than objects are
/// damaged, is fetched again; one that was changed by anything but a sync is synced again. Many missing at once
/// indicate a wrong root (`RootGuard`).
struct CopyScanLoop: Sendable {
  let secondary: Secondary
  let scheduler: Scheduler
  let guards: [RootGuard]
  let storage: WorkerPool
  let interval: Duration
  let observer: any ReplicationObserver

  /// The interval of checks of a refused root.
  private static let tick = Duration.seconds(5)
  private static let portion = 500

  /// Runs until the task is cancelled.
  func run() async {
    var scannedAt: [ReplicableName: ContinuousClock.Instant] = [:]
    while !Task.isCancelled {
      for root in guards {
        do {
          let wasSound = root.isSound
          try? await storage.run { _ in try root.check() }  // the guard records the error
          if root.refusal?.isOfCount == true || !root.isSound && root.refusal == nil {
            try await settle(root)
          } else if root.isSound, !wasSound || scannedAt[root.kind].map({ .now - $0 >= interval }) ?? true {
            scannedAt[root.kind] = .now
            try await scan(root)
          }
        } catch {
          guard !Task.isCancelled else { return }
          root.couldNotCount("\(error)")
          if root.isSound { observer.log(.trouble("look at the copies of '\(root.kind)': \(error)")) }
        }
      }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: min(Self.tick, interval))
    }
  }

  /// Compares a root that was not checked yet, or was refused for its count, with the registry, unless a check of the
  /// root decides it.
  func settle(_ root: RootGuard, unless isDecided: (RootGuard) -> Bool = { _ in false }) async throws {
    try? await storage.run { _ in try root.check() }  // the guard records the error
    if isDecided(root) { return }
    var (known, present) = (0, 0)
    try await forEach(root.kind) { entry, strategy in
      known += 1
      if try await strategy.inspect(entry.replicableID).isThere { present += 1 }
    }
    let (all, found) = (known, present)
    try await storage.run { _ in try root.take(known: all, present: found) }
  }

  private func scan(_ root: RootGuard) async throws {
    var (known, missing) = (0, [ReplicableID]())
    var (damaged, touched): ([ReplicableID: String], [ReplicableID]) = ([:], [])
    var resting: [ReplicableID] = []
    try await forEach(root.kind) { entry, strategy in
      known += 1
      let id = entry.replicableID
      let look = try await strategy.inspect(id)
      if entry.notOffered != nil { resting.append(id) }
      if !look.isThere {
        missing.append(id)
      } else if let first = look.damage.first {
        damaged[id] = first
      } else if look.isTouched, entry.state == .synced {
        touched.append(id)
      }
    }
    let (all, found) = (known, known - missing.count)
    try await storage.run { _ in try root.take(known: all, present: found) }
    guard root.isSound else { return }
    // Copies that wait for an operator, or are no longer offered, stay as they are.
    let waiting = Set(try await secondary.waitingRemovals(root.kind)).union(resting)
    missing.removeAll { waiting.contains($0) }
    touched.removeAll { waiting.contains($0) }
    damaged = damaged.filter { !waiting.contains($0.key) }
    for id in missing { try await fetch(id, root.kind, "its copy is not there", isFresh: false) }
    for (id, what) in damaged.sorted(by: { $0.key < $1.key }) {
      try await fetch(id, root.kind, "its copy is damaged: \(what)", isFresh: true)
    }
    for id in touched {
      try await secondary.resync(id, root.kind)
      await scheduler.request([.init(name: root.kind, id: id)])
    }
  }

  private func fetch(_ id: ReplicableID, _ name: ReplicableName, _ why: String, isFresh: Bool) async throws {
    observer.log(.trouble("'\(id)' of '\(name)' is fetched again: \(why)"))
    try await secondary.resync(id, name, isFresh: isFresh)
    await scheduler.request([.init(name: name, id: id)])
  }

  /// Iterates over entries that have, or had, a copy.
  private func forEach(
    _ name: ReplicableName, _ body: (RegistryEntry, any Strategy) async throws -> Void
  ) async throws {
    let (registry, strategy) = (try secondary.registry(of: name), try secondary.strategy(of: name))
    var last: ReplicableID?
    while !Task.isCancelled {
      let window = try await registry.window(after: last, limit: Self.portion)
      for entry in window where entry.state == .synced || entry.held != nil && !entry.forceToRedownload {
        try await body(entry, strategy)
      }
      guard window.count == Self.portion, let end = window.last?.replicableID else { return }
      last = end
    }
  }
}
