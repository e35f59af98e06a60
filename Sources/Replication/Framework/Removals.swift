/// Counts the removals of one kind against `RemovalGuard`, and remembers which wait for a confirmation.
///
/// What was removed in the last 24 hours is read from the trash, so it is the same after a restart.
actor Removals {
  private let strategy: any Strategy
  private let registry: any RegistryStoring
  private var waiting: Set<ReplicableID> = []
  private var confirmed: Set<ReplicableID> = []
  /// What a pass that runs has found to be removed; `nil` when none runs.
  private var requested: Set<ReplicableID>?

  init(strategy: any Strategy, registry: any RegistryStoring) {
    self.strategy = strategy
    self.registry = registry
  }

  /// Ids whose removal waits, sorted.
  var waitingIDs: [ReplicableID] { waiting.sorted() }

  /// Lets those that wait now be removed, however many they are.
  func confirm() {
    confirmed.formUnion(waiting)
    waiting = []
  }

  /// A pass over the catalog begins.
  func beginPass() { requested = [] }

  /// The pass has seen the whole catalog. What waits, or was confirmed, and is no longer to be removed, waits no more.
  func endPass() {
    guard let requested else { return }
    waiting.formIntersection(requested)
    confirmed.formIntersection(requested)
    self.requested = nil
  }

  /// It is wanted after all.
  func forget(_ id: ReplicableID) {
    waiting.remove(id)
    confirmed.remove(id)
  }

  /// Moves a copy to the trash and its entry out of the registry, unless the guard says that it must wait.
  ///
  /// One at a time for a kind, so that the guard sees every removal before. The copy first: a crash in between leaves an entry
  /// without a copy, which the next pass removes.
  /// - Parameter isReplaced: the primary has another incarnation in its place, which must not wait for a confirmation.
  /// - Returns: false when it waits.
  func remove(_ id: ReplicableID, isReplaced: Bool = false, at now: Timestamp) async throws -> Bool {
    guard let entry = try await registry.entry(of: id) else {
      forget(id)
      return true
    }
    requested?.insert(id)
    if entry.isRestored, !isReplaced, !confirmed.contains(id) {
      waiting.insert(id)
      return false
    }
    if !confirmed.contains(id) {
      let day = Duration.seconds(86_400)
      let recent = try await strategy.trash().count { ticket in
        ticket.reason == Self.reason && ticket.discardedAt > now - day && !confirmed.contains(ticket.replicableID)
      }
      let present = try await registry.counts(at: now).total
      guard RemovalGuard.allows(removedLastDay: recent, present: present) else {
        waiting.insert(id)
        return false
      }
    }
    _ = try await strategy.discard(id, entry: entry, at: now)
    _ = try await registry.change(id) { entry, _ in entry = nil }
    forget(id)
    return true
  }

  /// Why copies are discarded here; `displaced` ones are no removals.
  static let reason = "deleted"
}
