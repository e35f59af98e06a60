/// A secondary's requests to its primary. Between processes it is the agents' API; in one process the primary itself.
public protocol PrimaryAccess: Sendable {
  /// Events after the cursor, in order; empty when `wait` has passed without any. `nil` starts at the oldest event in
  /// the log.
  func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch

  /// One page of a kind's catalog, in order of ids, after `id`. The first page begins a listing; its position is the
  /// log's before that listing began.
  func catalog(
    of name: ReplicableName, after id: ReplicableID?, limit: Int
  ) async throws(PrimaryAccessError) -> CatalogPage

  /// Returns the status of a replicable on the primary, read from its disk at this moment.
  /// - Parameter incarnation: which one is meant; `nil` for whatever has the id.
  func standing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ReplicableStatus

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

  /// Whether an incarnation holds all of these marks (`Strategy.marks`), which prove that a copy is of it; `nil` where
  /// the primary cannot look them up.
  func holds(
    _ marks: [String], _ id: ReplicableID, incarnation: Incarnation, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> Bool?
}

extension PrimaryAccess {
  /// The default: a primary that cannot compare marks.
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
  /// The cursor is older than the oldest event in the log: reconcile by catalog.
  case pruned
  /// The primary does not have it.
  case missing
  /// The primary does not have the kind. Other kinds are not affected.
  case unknownKind
  /// The primary has another incarnation under the id than the requested one, or that one under another id.
  case replaced
  /// The content cannot be read on the primary; with its reason.
  case unreadable(String)
  /// The primary cannot be reached, or refuses the request; with its reason. Not the replicable's failure: no entry
  /// changes.
  case unavailable(String)
  /// The primary answers, but its source of content (a host, its own disk) fails for all. No entry changes.
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

/// Events in order, and the cursor for the next request.
public struct EventBatch: Hashable, Sendable {
  /// The events.
  public var events: [Event]
  /// The cursor after the last event, or the request's cursor.
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
  /// Whether the listing was complete. Only then is a gap a removal.
  public var isComplete: Bool
  /// There is no further page.
  public var isLast: Bool
  /// Whether the kind's feature is on at the primary. If it is off, changes are not published.
  public var isEnabled: Bool
  /// The directories that the listing left out, with the reasons.
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

/// The directories that a listing of the primary's disk left out: they are not replicated.
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

/// The status of a replicable on the primary.
public enum ReplicableStatus: Hashable, Sendable {
  /// The id is present, with the row's incarnation.
  case present(CatalogRow)
  /// The requested incarnation has another id now, the row's.
  case moved(CatalogRow)
  /// The primary has looked, and neither this id nor the requested incarnation, if any, is there.
  case gone
  /// The primary has it, or has something in its place, and does not offer it. Its copy is not removed, and does not
  /// count as equal.
  case notOffered(NotOffered)
  /// The primary could not look (an unreadable directory, an empty root): no conclusion is allowed.
  case unknown(String)
}
