/// Moves copies of one kind to the trash, within the limits of `RemovalGuard`, and records which wait for a
/// confirmation.
///
/// Every removal of a copy passes here: of a replicable that was deleted, replaced or deselected, or is tracked twice.
/// One at a time for a kind (`Secondary.exclusively`), so that the guard counts every removal before it. The removals
/// of the last 24 hours are read from the trash, and the waiting ones are in the entries, so both survive a restart.
actor Removals {
  private let strategy: any Strategy
  private let registry: any RegistryStoring
  private var waiting: Set<ReplicableID> = []
  private var confirmed: Set<ReplicableID> = []
  /// When copies were moved to the trash, of the last day.
  private var removedAt: [Timestamp] = []
  /// The removals that the running pass has found; `nil` when none runs.
  private var requested: Set<ReplicableID>?

  init(strategy: any Strategy, registry: any RegistryStoring) {
    self.strategy = strategy
    self.registry = registry
  }

  /// Ids whose removal waits, sorted.
  var waitingIDs: [ReplicableID] { waiting.sorted() }

  /// Restores the waiting removals of an earlier process.
  func recover(_ entries: [RegistryEntry]) {
    waiting.formUnion(entries.filter { $0.removalWaitingSince != nil }.map(\.replicableID))
  }

  /// Confirms the removals that wait now, regardless of the limit.
  func confirm() -> [ReplicableID] {
    defer { waiting = [] }
    confirmed.formUnion(waiting)
    return waiting.sorted()
  }

  /// Begins a pass over the catalog.
  func beginPass() { requested = [] }

  /// Ends a pass that has read the whole catalog. Copies that the primary has again were withdrawn during the pass. A
  /// waiting removal without an entry is dropped. A removal that the primary could not answer for waits as before.
  func endPass() async throws {
    guard let requested else { return }
    for id in waiting.union(confirmed).subtracting(requested) where try await registry.entry(of: id) == nil {
      forget(id)
    }
    self.requested = nil
  }

  /// Withdraws a removal: the copy is synced and verified again.
  func withdraw(_ id: ReplicableID) async throws {
    forget(id)
    guard try await registry.entry(of: id)?.removalWaitingSince != nil else { return }
    try await registry.change(id) { entry, _ in entry?.withdrawRemoval() }
  }

  private func forget(_ id: ReplicableID) {
    waiting.remove(id)
    confirmed.remove(id)
  }

  /// Moves a copy to the trash as it is, and its entry out of the registry, unless the guard says that it must wait.
  ///
  /// The copy first: a crash in between leaves an entry without a copy, which the next pass removes. An entry that has
  /// no copy is not counted.
  /// - Parameter isReplaced: the primary has another incarnation in its place, so that the operator who restored it
  ///   need not confirm.
  /// - Returns: false when it waits.
  func remove(_ id: ReplicableID, isReplaced: Bool = false, at now: Timestamp) async throws -> Bool {
    guard let entry = try await registry.entry(of: id) else {
      forget(id)
      return true
    }
    requested?.insert(id)
    guard try await mayRemove(entry, isReplaced: isReplaced, at: now) else {
      waiting.insert(id)
      if entry.removalWaitingSince == nil {
        try await registry.change(id) { entry, _ in entry?.holdForRemoval(isReplaced: isReplaced, at: now) }
      }
      return false
    }
    if try await strategy.discard(id, entry: entry, at: now) != nil { removedAt.append(now) }
    _ = try await registry.change(id) { entry, _ in entry = nil }
    forget(id)
    return true
  }

  private func mayRemove(_ entry: RegistryEntry, isReplaced: Bool, at now: Timestamp) async throws -> Bool {
    if confirmed.contains(entry.replicableID) { return true }
    if try await strategy.presence(of: entry.replicableID) == .absent { return true }
    // Only a confirmation ends the wait, or the primary having it again; the end of the day does not.
    if entry.removalWaitingSince != nil { return false }
    if entry.isRestored, !isReplaced { return false }
    let day = Duration.seconds(86_400)
    // Confirmed removals count as well: a copy removed today under the id of one that is confirmed now was another
    // copy.
    let recent = try await strategy.trash().count { $0.reason == Self.reason && $0.discardedAt > now - day }
    // Entries without a copy cannot be lost: many new ones must not raise the limit for the last old ones.
    let present = max(1, try await registry.counts(at: now).copies)
    return RemovalGuard.allows(removedLastDay: max(recent, removals(after: now - day)), present: present)
  }

  /// Returns how many this process has removed since: the trash may have been emptied.
  private func removals(after moment: Timestamp) -> Int {
    removedAt.removeAll { $0 <= moment }
    return removedAt.count
  }

  /// The trash reason of removals; `displaced` copies are no removals.
  static let reason = "deleted"
}

/// Limits how many copies of a kind may be removed within a day before an operator must confirm (product contract § 5):
/// up to three copies, or five of a hundred where that is more, and never all of them.
///
/// A primary whose disk was replaced by an empty one looks like one whose repositories were all deleted.
package enum RemovalGuard {
  /// Whether one more copy may be removed.
  ///
  /// - Parameters:
  ///   - removedLastDay: how many were removed in the last 24 hours, this one not counted.
  ///   - present: how many are there now, this one counted.
  package static func allows(removedLastDay: Int, present: Int) -> Bool {
    precondition(removedLastDay >= 0 && present > 0, "counts of copies, of which one is to be removed")
    let removals = removedLastDay + 1
    let total = removedLastDay + present
    return removals < total && removals <= max(3, total / 20)
  }
}
