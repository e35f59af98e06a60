/// A query for a page of a registry's entries: filter, order and first position.
public struct RegistryQuery: Hashable, Sendable {
  /// By what a list is sorted. Entries without the time come before all others; equal ones are in no particular order.
  public enum Order: String, Hashable, Sendable, CaseIterable {
    /// The entry's number: in the order in which they were first tracked.
    case id
    /// The start of the last sync.
    case lastSyncedAt = "last_synced_at"
    /// The end of the last verification.
    case verifiedAt = "verified_at"
  }

  /// The position of an entry in a list, by the sort key.
  public struct Position: Hashable, Comparable, Sendable {
    /// The number, or the time in milliseconds since 1970; the smallest number stands for no time.
    public var order: Int64
    /// The entry.
    public var id: ReplicableID

    /// A place.
    public init(order: Int64, id: ReplicableID) {
      self.order = order
      self.id = id
    }

    /// Compares the sort key, then the id.
    public static func < (left: Position, right: Position) -> Bool {
      left.order == right.order ? left.id < right.id : left.order < right.order
    }
  }

  /// Only entries in this sync state.
  public var state: SyncState?
  /// Only entries in this verification state.
  public var verificationState: VerificationState?
  /// Only these.
  public var ids: Set<ReplicableID>?
  /// Only entries whose ids have this prefix; compared bytewise.
  public var prefix: String?
  /// By what the list is sorted.
  public var order: Order
  /// The largest first.
  public var isDescending: Bool
  /// Entries after this position; before it when `isBackwards`.
  public var position: Position?
  /// Whether to return the page that ends before the position, or at the list's end.
  public var isBackwards = false
  /// How many at most; 1 or more.
  public var limit: Int

  /// The first page of all entries.
  public init(order: Order = .id, isDescending: Bool = false, limit: Int = 20) {
    self.order = order
    self.isDescending = isDescending
    self.limit = limit
  }

  /// Whether an entry belongs into the list.
  public func fits(_ entry: RegistryEntry) -> Bool {
    fits(entry.state, entry.verificationState, entry.replicableID.text)
      && (ids.map { $0.contains(entry.replicableID) } ?? true)
  }

  /// The same but for `ids`.
  package func fits(_ state: SyncState, _ verificationState: VerificationState, _ id: String) -> Bool {
    (self.state.map { $0 == state } ?? true)
      && (self.verificationState.map { $0 == verificationState } ?? true)
      && (prefix.map { id.utf8.starts(with: $0.utf8) } ?? true)
  }

  /// Returns an entry's position in the list.
  public func position(of entry: RegistryEntry) -> Position {
    let order =
      switch order {
      case .id: Int64(clamping: entry.id)
      case .lastSyncedAt: entry.lastSyncedAt?.milliseconds ?? .min
      case .verifiedAt: entry.verifiedAt?.milliseconds ?? .min
      }
    return Position(order: order, id: entry.replicableID)
  }
}

/// A part of a list, in the list's order, also for backward pages.
public struct RegistryPart: Hashable, Sendable {
  /// The entries.
  public var entries: [RegistryEntry]
  /// Whether there are more entries in the query's direction.
  public var hasMore: Bool

  /// A part.
  public init(entries: [RegistryEntry], hasMore: Bool) {
    self.entries = entries
    self.hasMore = hasMore
  }
}

/// Counts of a registry's entries by state. The store updates them with each change, so reading them is cheap.
public struct RegistryCounts: Hashable, Sendable {
  /// Entries that the primary does not offer, by reason. They are in none of the other counts.
  public var notOffered: [NotOffered: Int] = [:]
  /// Entries by sync state.
  public var states: [SyncState: Int] = [:]
  /// Entries by verification state.
  public var verificationStates: [VerificationState: Int] = [:]
  /// Synced entries whose verification is pending, or failed and due: `needsVerificationCount`.
  public var needsVerification = 0
  /// Entries whose last verification found a difference.
  public var mismatched = 0
  /// Entries that the primary does not have.
  public var missingOnPrimary = 0
  /// Entries whose last object check found something.
  public var damaged = 0
  /// Entries that have, or had, a copy: `RegistryEntry.hasCopy`. Those that are not offered are among them.
  public var copies = 0
  /// Copies that could be checked and never were.
  public var unchecked = 0
  /// The oldest time of a copy's last check; `nil` when none was checked.
  public var oldestCheck: Timestamp?

  /// All zero.
  public init() {}

  /// All entries.
  public var total: Int { states.values.reduce(0, +) + notOffered.values.reduce(0, +) }
}
