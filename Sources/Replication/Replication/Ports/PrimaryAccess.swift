/// What a secondary asks its primary. Between processes it is the agents' API; in one process the primary itself.
public protocol PrimaryAccess: Sendable {
  /// Events after the cursor, in order; empty when `wait` has passed without any. `nil` asks from the beginning of what
  /// the log still has.
  func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch

  /// One page of a kind's catalog, in order of ids, after `id`. The first page begins a listing; its position is the
  /// log's before that listing began.
  func catalog(
    of name: ReplicableName, after id: ReplicableID?, limit: Int
  ) async throws(PrimaryAccessError) -> CatalogPage

  /// How a replicable stands on the primary at this moment, looked up on its disk and not remembered.
  /// - Parameter incarnation: which one is meant; `nil` for whatever has the id.
  func standing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> Standing

  /// The content's listing, read afresh: the L1 and L2 of a bracket.
  /// - Parameter incarnation: which one is meant; `nil` for whatever has the id.
  /// - Throws: `replaced` where another incarnation has the id.
  func listing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ContentListing

  /// From where to fetch. The address carries the incarnation, where the source can compare it.
  /// - Parameter incarnation: which one is meant; `nil` for whatever has the id.
  /// - Throws: `replaced` where another incarnation has the id.
  func source(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> SourceAddress

  /// Whether an incarnation holds all of these marks (`Strategy.marks`), by which a copy proves that it is of it; `nil`
  /// where the primary cannot say.
  func holds(
    _ marks: [String], _ id: ReplicableID, incarnation: Incarnation, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> Bool?
}

extension PrimaryAccess {
  /// A primary that compares nothing.
  public func holds(
    _ marks: [String], _ id: ReplicableID, incarnation: Incarnation, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> Bool? { nil }

  /// Refuses to answer for an incarnation that does not have the id now.
  ///
  /// - Parameter incarnation: which one is meant; `nil` for whatever has the id.
  /// - Throws: `replaced`, `missing`; `unreadable` where the primary cannot determine it.
  public func requireCurrent(
    _ id: ReplicableID, _ incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) {
    guard let incarnation else { return }
    switch try await standing(of: id, incarnation: incarnation, name) {
    case .present(let row) where row.incarnation == incarnation: return
    case .present, .moved: throw .replaced
    case .gone, .notOffered: throw .missing
    case .unknown(let reason): throw .unreadable(reason)
    }
  }
}

/// Why the primary gave no answer.
public enum PrimaryAccessError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The cursor is not of this log's history (restored from a backup, or another log): reconcile by catalog.
  case forked
  /// The cursor is older than what the log still has: reconcile by catalog.
  case pruned
  /// The primary does not have it.
  case missing
  /// The primary does not have the kind. It concerns that kind alone.
  case unknownKind
  /// The primary has another incarnation under the id than the one that was asked for, or that one under another id.
  case replaced
  /// The content cannot be read on the primary; with its reason.
  case unreadable(String)
  /// The primary cannot be reached, or refuses us; with its reason. Not the replicable's fault: touches no entry.
  case unavailable(String)
  /// The primary answers, and what it reads the content from (a host, its own disk) fails for all. Touches no entry.
  case paused(Pause)

  /// One line for logs and status.
  public var description: String {
    switch self {
    case .forked: "the cursor is not of this log's history"
    case .pruned: "the log no longer has what follows the cursor"
    case .missing: "the primary has no such replicable"
    case .unknownKind: "the primary does not have the kind"
    case .replaced: "the primary has another incarnation under this id"
    case .unreadable(let reason), .unavailable(let reason): reason
    case .paused(let pause): "\(pause)"
    }
  }
}

/// Events in order, and where to go on.
public struct EventBatch: Hashable, Sendable {
  /// The events.
  public var events: [Event]
  /// The cursor behind the last one, or the one that was asked with.
  public var cursor: Cursor

  /// A batch.
  public init(events: [Event], cursor: Cursor) {
    self.events = events
    self.cursor = cursor
  }
}

/// A part of a catalog.
public struct CatalogPage: Hashable, Sendable {
  /// The rows, in order of ids.
  public var rows: [CatalogRow]
  /// The log's position before the listing began.
  public var position: Cursor
  /// The listing saw everything. Only then may its end be taken for the end, and a gap for a removal.
  public var isComplete: Bool
  /// There is no further page.
  public var isLast: Bool
  /// The kind's feature is on at the primary. Off: what changes is not published.
  public var isEnabled: Bool
  /// What the listing left out, with the reason.
  public var leftOut = LeftOut()

  /// A page.
  public init(rows: [CatalogRow], position: Cursor, isComplete: Bool, isLast: Bool, isEnabled: Bool = true) {
    self.rows = rows
    self.position = position
    self.isComplete = isComplete
    self.isLast = isLast
    self.isEnabled = isEnabled
  }
}

/// What a listing of the primary's disk left out: it is not replicated.
public struct LeftOut: Hashable, Sendable {
  /// How many.
  public var count = 0
  /// The first few, `PATH: REASON`.
  public var examples: [String] = []

  /// Nothing.
  public init() {}

  /// A summary.
  public init(of skipped: [DirectoryCatalog.Skipped]) {
    count = skipped.count
    examples = skipped.prefix(Self.exampleCount).map { "\($0.path): \($0.reason)" }
  }

  private static let exampleCount = 10
}

/// One replicable of a catalog.
public struct CatalogRow: Hashable, Sendable {
  /// Its id.
  public var id: ReplicableID
  /// Which one.
  public var incarnation: Incarnation
  /// The last event published about it; `nil` when none was.
  public var generation: Generation?
  /// Its last reading, if there is one.
  public var reading: PrimaryReading?
  /// When that last event was published; `nil` when unknown.
  public var announcedAt: Timestamp?

  /// A row.
  public init(
    id: ReplicableID, incarnation: Incarnation, generation: Generation? = nil, reading: PrimaryReading? = nil,
    announcedAt: Timestamp? = nil
  ) {
    self.id = id
    self.incarnation = incarnation
    self.generation = generation
    self.reading = reading
    self.announcedAt = announcedAt
  }
}

/// How a replicable stands on the primary.
public enum Standing: Hashable, Sendable {
  /// The id is there, of the incarnation that the row says.
  case present(CatalogRow)
  /// The incarnation that was asked for has another id now, the row's.
  case moved(CatalogRow)
  /// The primary looked and it is not there: neither this id nor, where one was asked for, this incarnation.
  case gone
  /// The primary has it, or has something in its place, and does not offer it. A copy of it is neither removed nor
  /// equal.
  case notOffered(NotOffered)
  /// The primary could not look (an unreadable directory, an empty root): no conclusion is allowed.
  case unknown(String)
}
