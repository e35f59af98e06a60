/// The registry of one kind, as the framework needs it. The durable one is `RegistryStore`'s; tests have one in memory.
///
/// Every changing call returns after the change is durable: an acknowledged change survives a loss of power.
public protocol RegistryStoring: Sendable {
  /// Returns the entry of a replicable; `nil` when it is not tracked.
  func entry(of id: ReplicableID) async throws -> RegistryEntry?

  /// Returns the entry that tracks this incarnation; `nil` when none does.
  func entry(of incarnation: Incarnation) async throws -> RegistryEntry?

  /// Changes, creates or removes one entry atomically. `change` receives the present entry, or `nil`, and assigns the
  /// new one; assigning `nil` removes it. A new entry is made with `newEntry`.
  func change<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?, NewEntry) throws -> Answer
  ) async throws -> Answer

  /// Changes an entry until the process ends, without a wait for the disk: its next `change` makes all of it durable.
  /// For changes that a restart voids anyway, such as the start of a job.
  func changeUntilRestart<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?) throws -> Answer
  ) async throws -> Answer

  /// Does the same as `change` for many entries with one wait for the disk.
  func changeAll(
    _ ids: [ReplicableID], _ change: @escaping @Sendable (ReplicableID, inout RegistryEntry?, NewEntry) throws -> Void
  ) async throws

  /// Gives an entry another id, keeping its number and its states; the old id is no longer tracked.
  /// - Throws: when the new id is tracked already.
  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws

  /// Gives entries other ids atomically, including chains and cycles. A move whose entry is missing, or has another
  /// incarnation than the move's, is skipped: it was recorded before.
  /// - Throws: when a new id is tracked already and not moved away by the same step; then nothing was changed.
  func rename(_ moves: [CopyMove]) async throws

  /// Returns the entries to sync now: pending ones first, then failed ones that are due, the longest due first.
  func dueForSync(at now: Timestamp, limit: Int) async throws -> [RegistryEntry]

  /// Returns the synced entries to verify now: pending ones first, the longest unverified first, then failed ones that
  /// are due.
  func dueForVerification(at now: Timestamp, limit: Int) async throws -> [RegistryEntry]

  /// Returns succeeded entries that were verified before `moment`, the oldest first.
  func verified(before moment: Timestamp, limit: Int) async throws -> [RegistryEntry]

  /// Returns the entries to object-check now: damaged ones that are due again, then requested ones, then ones that were
  /// never checked, then those checked longest ago, before `now` less `interval`.
  func dueForCheck(at now: Timestamp, interval: Duration, limit: Int) async throws -> [RegistryEntry]

  /// Returns entries that a dead process left `started`, in sync or verification.
  func started() async throws -> [RegistryEntry]

  /// Returns the entry that has waited longest for a verification of its announced changes; `nil` where none waits.
  func longestUnverified() async throws -> RegistryEntry?

  /// Returns entries that the primary does not offer, at most `limit`.
  func notOffered(limit: Int) async throws -> [RegistryEntry]

  /// Returns entries in order of their replicable ids, after `id`, at most `limit`.
  func window(after id: ReplicableID?, limit: Int) async throws -> [RegistryEntry]

  /// Returns a page of a list.
  func part(_ query: RegistryQuery) async throws -> RegistryPart

  /// Returns how many entries match a query, regardless of its position.
  func count(_ query: RegistryQuery) async throws -> Int

  /// Returns the counts of entries by state.
  func counts(at now: Timestamp) async throws -> RegistryCounts

  /// Returns the cursor up to which this registry has consumed the primary's events; `nil` before the first.
  func cursor() async throws -> Cursor?

  /// Records the cursor, after all earlier changes.
  func advance(to cursor: Cursor) async throws
}

extension RegistryStoring {
  /// The default for a store without a cheaper change: `change`.
  public func changeUntilRestart<Answer: Sendable>(
    _ id: ReplicableID, _ change: @escaping @Sendable (inout RegistryEntry?) throws -> Answer
  ) async throws -> Answer {
    try await self.change(id) { entry, _ in try change(&entry) }
  }

  /// The default for a store without an index: reads all entries, and sorts the matching ones.
  public func part(_ query: RegistryQuery) async throws -> RegistryPart {
    let isDescending = query.isDescending != query.isBackwards
    var found: [(place: RegistryQuery.Position, entry: RegistryEntry)] = []
    try await forEach { entry in
      let place = query.position(of: entry)
      let isBehind = query.position.map { isDescending ? place < $0 : $0 < place } ?? true
      if isBehind, query.fits(entry) { found.append((place, entry)) }
    }
    found.sort { isDescending ? $1.place < $0.place : $0.place < $1.place }
    let page = found.prefix(max(1, query.limit)).map(\.entry)
    return RegistryPart(entries: query.isBackwards ? page.reversed() : page, hasMore: found.count > page.count)
  }

  /// The same: looks at everything.
  public func longestUnverified() async throws -> RegistryEntry? {
    var found: RegistryEntry?
    try await forEach { entry in
      guard let since = entry.announcedAt else { return }
      if found?.announcedAt.map({ since < $0 }) ?? true { found = entry }
    }
    return found
  }

  /// The same: looks at everything.
  public func notOffered(limit: Int) async throws -> [RegistryEntry] {
    var found: [RegistryEntry] = []
    try await forEach { if $0.notOffered != nil, found.count < limit { found.append($0) } }
    return found
  }

  /// The same: counts the matching entries.
  public func count(_ query: RegistryQuery) async throws -> Int {
    var count = 0
    try await forEach { if query.fits($0) { count += 1 } }
    return count
  }

  private func forEach(_ body: (RegistryEntry) -> Void) async throws {
    var last: ReplicableID?
    repeat {
      let window = try await window(after: last, limit: 1_000)
      for entry in window { body(entry) }
      last = window.last?.replicableID
    } while last != nil
  }
}

/// Makes a new entry with the registry's next number.
public struct NewEntry: Sendable {
  private let next: @Sendable () -> UInt64

  /// - Parameter next: returns a number that was never assigned before.
  public init(next: @escaping @Sendable () -> UInt64) { self.next = next }

  /// A pending entry.
  public func callAsFunction(
    _ id: ReplicableID, at now: Timestamp, incarnation: Incarnation? = nil, wanted: Generation? = nil
  ) -> RegistryEntry {
    RegistryEntry(id: next(), replicableID: id, createdAt: now, incarnation: incarnation, wanted: wanted)
  }
}

/// Where changed feature flags are kept.
public protocol FeatureStoring: Sendable {
  /// Returns the operator's setting of the feature; `nil` when there is none.
  func setting(of feature: String) async throws -> Bool?

  /// Sets the feature, or with `nil` removes the setting; durable on return.
  func set(_ feature: String, to value: Bool?) async throws
}
