/// Reads, copies, compares and removes the replicables of one kind: the part of a replicator that depends on the data
/// type. One value serves one kind on one site; `RepositoryReplication` and `BlobReplication` have the two real ones.
///
/// All methods may be called at the same time for different ids, never for one id; the caller ensures that.
public protocol Strategy: Sendable {
  /// The data type that it is for.
  var dataType: DataType { get }

  // MARK: On both sites

  /// Reads the content from this site's disk, with its checksum.
  /// - Throws: `StrategyError`.
  func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing

  /// Returns what is at the id's path on this site's disk.
  func presence(of id: ReplicableID) async throws(StrategyError) -> Presence

  /// Returns marks that identify a content in addition to its checksum: of a repository the object ids of its tips, at
  /// most 64 of them; empty for other data types.
  func marks(of listing: ContentListing) -> [String]

  /// Whether the content at the id's path holds all of these marks; always false where only the checksum is compared.
  func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool

  // MARK: On a primary

  /// Lists the kind's root, in order of ids.
  func catalog() async throws(StrategyError) -> DirectoryCatalog

  /// Whether a repository borrows objects from another; always false for other data types.
  func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool

  // MARK: On a secondary

  /// Makes the copy equal to its source, atomically and durably; returns its content, read back from disk.
  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport

  /// Gives a copy another id. Does nothing when it is already done.
  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError)

  /// Gives copies other ids, also in chains and cycles. On return all moves are durable; after a crash
  /// `unfinishedMoves` completes them. The record of the moves stays until `finishMoves`.
  func move(_ moves: [CopyMove]) async throws(StrategyError)

  /// Completes the moves that a dead process has begun, and returns them; empty where there are none.
  func unfinishedMoves() async throws(StrategyError) -> [CopyMove]

  /// Removes the record of the moves, once the registry has the new ids.
  func finishMoves() async throws(StrategyError)

  /// Moves a copy to the trash of its file system; `nil` when there was none.
  func discard(_ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp) async throws(StrategyError) -> TrashTicket?

  /// Returns the tickets in the trash, the newest first.
  func trash() async throws(StrategyError) -> [TrashTicket]

  /// Restores a copy from the trash to its old id.
  /// - Throws: `StrategyError` of code `occupied` when the path exists.
  func restore(_ ticket: TrashTicket) async throws(StrategyError)

  /// Deletes copies that were moved to the trash before `moment`, and copies that a fresh download displaced before
  /// `displacedMoment`; returns how many.
  func emptyTrash(before moment: Timestamp, displacedBefore displacedMoment: Timestamp) async throws(StrategyError)
    -> Int

  /// Whether copies need housekeeping and object checks. Files do not: each verification reads all of their bytes.
  var needsUpkeep: Bool { get }

  /// Runs housekeeping on a copy, as far as needed. A cancellation or a crash leaves an intact copy.
  /// - Parameter isThorough: also long steps that are seldom needed; else only steps that keep a busy copy fast.
  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport

  /// Examines a copy's path without reading its content: a few stats and small files. Parts that can be repaired in
  /// place are repaired, and are not reported as damage.
  func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook

  /// Reads every byte of a copy and checks that all needed objects are there. The only method that may run concurrently
  /// with others for the same id.
  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport
}

extension Strategy {
  /// The default for strategies whose copies have no other parts: reports only whether the copy is there.
  public func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook {
    switch try await presence(of: id) {
    case .present: CopyLook()
    case .absent: CopyLook(isThere: false)
    case .unfinished: CopyLook(damage: ["something else stands in its place"])
    }
  }

  /// The default: none; only the checksum is compared.
  public func marks(of listing: ContentListing) -> [String] { [] }

  /// The default: false; only the checksum is compared.
  public func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool { false }

  /// The default: one rename after another, the last of a chain first. A cycle is refused, because it needs a durable
  /// record.
  public func move(_ moves: [CopyMove]) async throws(StrategyError) {
    var left = moves
    while !left.isEmpty {
      guard let index = left.firstIndex(where: { move in !left.contains { $0.id == move.newID } }) else {
        throw StrategyError(.occupied, "rename '\(left[0].id)': it is part of a circle, which this strategy cannot do")
      }
      let next = left.remove(at: index)
      try await rename(next.id, to: next.newID)
    }
  }

  /// The default: none; a rename leaves the copy under one of its two ids.
  public func unfinishedMoves() async throws(StrategyError) -> [CopyMove] { [] }

  /// The default: nothing to remove.
  public func finishMoves() async throws(StrategyError) {}

  /// Deletes copies that were moved to the trash before `moment`, for any reason; returns how many.
  @discardableResult public func emptyTrash(before moment: Timestamp) async throws(StrategyError) -> Int {
    try await emptyTrash(before: moment, displacedBefore: moment)
  }
}

/// The result of a housekeeping run.
public struct HousekeepingReport: Hashable, Sendable {
  /// Whether anything was changed.
  public var hasChanged = false
  /// Whether files with content were rewritten.
  public var hasRewritten = false
  /// Codes of warnings.
  public var warnings: [String] = []

  /// Nothing.
  public init() {}
}

/// The result of examining a copy.
public struct CopyLook: Hashable, Sendable {
  /// Whether its path exists.
  public var isThere: Bool
  /// Whether a sync may write there: the path is a copy, not a directory of an operator or another program.
  public var isOurs: Bool
  /// Damage that a fresh download repairs, one line each.
  public var damage: [String]
  /// Whether anything but a sync has changed it since the last one.
  public var isTouched: Bool

  /// Creates a result; without arguments for a copy that is unchanged since the last sync.
  public init(isThere: Bool = true, isOurs: Bool = true, damage: [String] = [], isTouched: Bool = false) {
    self.isThere = isThere
    self.isOurs = isOurs
    self.damage = damage
    self.isTouched = isTouched
  }
}

/// The result of an object check.
public struct CheckReport: Hashable, Sendable {
  /// Damaged or missing parts that a fresh download restores, one line each.
  public var findings: [String] = []
  /// Problems that no download repairs, one line each.
  public var notes: [String] = []

  /// Nothing.
  public init() {}
}

/// What is at a replicable's path.
public enum Presence: Hashable, Sendable {
  /// The replicable, with its identity.
  case present(FileIdentity)
  /// A directory that is being created: not a replicable yet.
  case unfinished
  /// Nothing, in a directory that could be read.
  case absent
}

/// The parameters of a sync.
public struct SyncRequest: Hashable, Sendable {
  /// Which one.
  public var id: ReplicableID
  /// Which incarnation the copy is of; `nil` until it is known.
  public var incarnation: Incarnation?
  /// The address of its content.
  public var source: SourceAddress
  /// The primary's checksum of the content; a file with other bytes is refused.
  public var expected: Checksum?
  /// Whether to download the complete content beside the old copy, without using its objects, and swap the two.
  public var isFresh: Bool

  /// A request.
  public init(
    id: ReplicableID, incarnation: Incarnation? = nil, source: SourceAddress, expected: Checksum? = nil,
    isFresh: Bool = false
  ) {
    self.id = id
    self.incarnation = incarnation
    self.source = source
    self.expected = expected
    self.isFresh = isFresh
  }
}

/// The result of a sync.
public struct SyncReport: Hashable, Sendable {
  /// The copy's digest, read back from disk.
  public var checksum: Checksum?
  /// Whether anything was written.
  public var hasChanged: Bool
  /// Bytes received from the source.
  public var bytes: UInt64
  /// Warnings, a line each that begins with its code, such as `mass_ref_deletion: …`.
  public var warnings: [String]

  /// A report.
  public init(checksum: Checksum?, hasChanged: Bool, bytes: UInt64 = 0, warnings: [String] = []) {
    self.checksum = checksum
    self.hasChanged = hasChanged
    self.bytes = bytes
    self.warnings = warnings
  }
}

/// A listing of a kind's root.
public struct DirectoryCatalog: Hashable, Sendable {
  /// The rows in order of ids.
  public var rows: [Row]
  /// Whether all of it could be read. False for an unreadable directory, an empty root, a root on another device.
  public var isComplete: Bool
  /// The entries that were left out, with the reason: bad names, two names for one id, links out of the root.
  public var skipped: [Skipped]

  /// One replicable.
  public struct Row: Hashable, Sendable {
    /// Its id.
    public var id: ReplicableID
    /// Its device, inode and birth.
    public var identity: FileIdentity
    /// Changes when the content may have changed, and is cheap to read: of a repository a hash over the stamps of
    /// `HEAD`, `packed-refs` and the directories below `refs/`, of a file over size, mtime and inode.
    public var stamp: UInt64

    /// A row.
    public init(id: ReplicableID, identity: FileIdentity, stamp: UInt64) {
      self.id = id
      self.identity = identity
      self.stamp = stamp
    }
  }

  /// An entry that looks like a replicable but is none.
  public struct Skipped: Hashable, Sendable {
    /// Where it is, below the root; control characters replaced.
    public var path: String
    /// Why it was left out.
    public var reason: String
    /// Whether it has some parts of a repository, but not all: it is being created, or it is broken.
    public var isBroken: Bool

    /// Something skipped.
    public init(path: String, reason: String, isBroken: Bool = false) {
      self.path = path
      self.reason = reason
      self.isBroken = isBroken
    }
  }

  /// A listing.
  public init(rows: [Row], isComplete: Bool, skipped: [Skipped] = []) {
    self.rows = rows
    self.isComplete = isComplete
    self.skipped = skipped
  }
}

/// One copy in the trash.
public struct TrashTicket: Hashable, Sendable {
  /// Its directory in the trash.
  public var name: String
  /// Which replicable it was.
  public var replicableID: ReplicableID
  /// The incarnation, if known.
  public var incarnation: Incarnation?
  /// When it was moved there.
  public var discardedAt: Timestamp
  /// Why, such as `deleted` or `displaced`.
  public var reason: String

  /// The reason of copies that a fresh download has displaced.
  public static let displaced = "displaced"

  /// A ticket.
  public init(
    name: String, replicableID: ReplicableID, incarnation: Incarnation?, discardedAt: Timestamp, reason: String
  ) {
    self.name = name
    self.replicableID = replicableID
    self.incarnation = incarnation
    self.discardedAt = discardedAt
    self.reason = reason
  }
}

/// One copy that is given another id.
public struct CopyMove: Hashable, Sendable {
  /// The id that it has.
  public var id: ReplicableID
  /// The id that it is given.
  public var newID: ReplicableID
  /// Which incarnation it is of.
  public var incarnation: Incarnation

  /// A move.
  public init(id: ReplicableID, newID: ReplicableID, incarnation: Incarnation) {
    self.id = id
    self.newID = newID
    self.incarnation = incarnation
  }

  /// The move as a line of a record: incarnation, id and new id with tabs between them, which no id has.
  package var line: String { "\(incarnation)\t\(id)\t\(newID)" }

  /// Reads what `line` wrote; `nil` for anything else.
  package init?(line: String) {
    let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let incarnation = Incarnation(parts[0]), let id = try? ReplicableID(parts[1]),
      let newID = try? ReplicableID(parts[2])  // no id: no line of ours
    else { return nil }
    self.init(id: id, newID: newID, incarnation: incarnation)
  }
}
