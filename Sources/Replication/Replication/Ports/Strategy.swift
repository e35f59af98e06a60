/// How the replicables of one kind are read, copied, compared and put away: the half of a replicator that depends on
/// the data type. One value serves one kind on one site; `RepositoryReplication` and `BlobReplication` have the two
/// real ones.
///
/// All methods may be called at the same time for different ids, never for one id; the caller ensures that.
public protocol Strategy: Sendable {
  /// The data type that it is for.
  var dataType: DataType { get }

  // MARK: On both sites

  /// Reads the content from this site's disk, with its checksum.
  /// - Throws: `StrategyError`.
  func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing

  /// What stands at the id's place on this site's disk.
  func presence(of id: ReplicableID) async throws(StrategyError) -> Presence

  /// Returns marks that identify a content in addition to its checksum: of a repository the object ids of its tips, at
  /// most 64 of them; empty for other data types.
  func marks(of listing: ContentListing) -> [String]

  /// Whether what stands at the id's place holds all of these marks; always false where only the checksum is compared.
  func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool

  // MARK: On a primary

  /// Everything below the kind's root, in order of ids.
  func catalog() async throws(StrategyError) -> DirectoryCatalog

  /// Whether a repository borrows objects from another; always false for other data types.
  func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool

  // MARK: On a secondary

  /// Makes the copy equal to its source, atomically and durably; returns what it then holds, read back from disk.
  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport

  /// Gives a copy another id. Does nothing when it is already done.
  func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError)

  /// Gives copies other ids, in chains and circles too. On return all of them have moved, durably, and a crash before
  /// that is completed by `unfinishedMoves`. The record of the moves stays until `finishMoves`.
  func move(_ moves: [CopyMove]) async throws(StrategyError)

  /// Completes the moves that a process that died has begun, and returns them; empty where there are none.
  func unfinishedMoves() async throws(StrategyError) -> [CopyMove]

  /// Removes the record of the moves, once the registry says what they did.
  func finishMoves() async throws(StrategyError)

  /// Moves a copy to the trash of its file system; `nil` when there was none.
  func discard(_ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp) async throws(StrategyError) -> TrashTicket?

  /// What lies in the trash, the newest first.
  func trash() async throws(StrategyError) -> [TrashTicket]

  /// Brings a copy back from the trash, to its old id.
  /// - Throws: `StrategyError` of code `occupied` when something stands there.
  func restore(_ ticket: TrashTicket) async throws(StrategyError)

  /// Removes for good what has lain in the trash since before `moment`, and of copies that a fresh download displaced
  /// what has since before `displacedMoment`; returns how many.
  func emptyTrash(before moment: Timestamp, displacedBefore displacedMoment: Timestamp) async throws(StrategyError)
    -> Int

  /// Whether copies grow disorderly and need object checks. Not so for files: each verification reads every byte of
  /// one.
  var needsUpkeep: Bool { get }

  /// Puts a copy's files in order, as far as they need it. Cancelled, or ended by a crash, it leaves a sound copy.
  /// - Parameter isThorough: also what takes long and is seldom needed; else only what keeps a busy copy fast.
  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport

  /// Looks at what stands in a copy's place, without reading its content: a few stats and small files. A part that can
  /// be put right in place is, and is no damage any more.
  func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook

  /// Reads every byte of a copy and looks whether all is there that it needs. The one method that may run beside others
  /// for the same id.
  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport
}

extension Strategy {
  /// Whether it is there, for strategies whose copies have no other parts.
  public func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook {
    switch try await presence(of: id) {
    case .present: CopyLook()
    case .absent: CopyLook(isThere: false)
    case .unfinished: CopyLook(damage: ["something else stands in its place"])
    }
  }

  /// None: only the checksum is compared.
  public func marks(of listing: ContentListing) -> [String] { [] }

  /// False: only the checksum is compared.
  public func holds(_ marks: [String], _ id: ReplicableID) async throws(StrategyError) -> Bool { false }

  /// One rename after another, the last of a chain first. A circle is refused: it needs a record of its own.
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

  /// None: a rename leaves the copy under one of its two ids.
  public func unfinishedMoves() async throws(StrategyError) -> [CopyMove] { [] }

  /// Nothing to remove.
  public func finishMoves() async throws(StrategyError) {}

  /// Removes for good what has lain in the trash since before `moment`, whatever put it there; returns how many.
  @discardableResult public func emptyTrash(before moment: Timestamp) async throws(StrategyError) -> Int {
    try await emptyTrash(before: moment, displacedBefore: moment)
  }
}

/// What a housekeeping did.
public struct HousekeepingReport: Hashable, Sendable {
  /// Anything was done.
  public var hasChanged = false
  /// Files that hold the content were written anew.
  public var hasRewritten = false
  /// Codes of what deserves a look.
  public var warnings: [String] = []

  /// Nothing.
  public init() {}
}

/// What a look at a copy found.
public struct CopyLook: Hashable, Sendable {
  /// Something stands in its place.
  public var isThere: Bool
  /// Damage that a fresh download repairs, one line each.
  public var damage: [String]
  /// Something but a sync has changed it since the last one.
  public var isTouched: Bool

  /// A look; without arguments at a copy that is as the last sync left it.
  public init(isThere: Bool = true, damage: [String] = [], isTouched: Bool = false) {
    self.isThere = isThere
    self.damage = damage
    self.isTouched = isTouched
  }
}

/// What an object check found.
public struct CheckReport: Hashable, Sendable {
  /// Damaged or missing parts that a fresh download restores, one line each.
  public var findings: [String] = []
  /// What deserves a look and no download brings back, one line each.
  public var notes: [String] = []

  /// Nothing.
  public init() {}
}

/// What stands at a replicable's place.
public enum Presence: Hashable, Sendable {
  /// The replicable, recognisable by this.
  case present(FileIdentity)
  /// Something that is being made: not yet one of ours.
  case unfinished
  /// Nothing, looked up in a directory that could be read.
  case absent
}

/// What a sync does.
public struct SyncRequest: Hashable, Sendable {
  /// Which one.
  public var id: ReplicableID
  /// Which incarnation the copy is of; `nil` until it is known.
  public var incarnation: Incarnation?
  /// From where.
  public var source: SourceAddress
  /// What the primary has said that the content is; a file is refused when its bytes say otherwise.
  public var expected: Checksum?
  /// Fetch everything anew beside the old copy, without using anything of it, and swap.
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

/// What a sync did.
public struct SyncReport: Hashable, Sendable {
  /// The copy's digest, read back from disk.
  public var checksum: Checksum?
  /// Something was written.
  public var hasChanged: Bool
  /// Bytes that came over the wire.
  public var bytes: UInt64
  /// What deserves a look, a line each that begins with its code, such as `mass_ref_deletion: …`.
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
  /// Everything could be read. False for an unreadable directory, an empty root, a root on another device.
  public var isComplete: Bool
  /// The entries that were left out, with the reason: bad names, two names for one id, links out of the root.
  public var skipped: [Skipped]

  /// One replicable.
  public struct Row: Hashable, Sendable {
    /// Its id.
    public var id: ReplicableID
    /// What it is recognised by.
    public var identity: FileIdentity
    /// Changes when the content may have changed, cheaply read: of a repository over the stamps of `HEAD`,
    /// `packed-refs` and the directories below `refs/`, of a file over size, mtime and inode.
    public var stamp: UInt64

    /// A row.
    public init(id: ReplicableID, identity: FileIdentity, stamp: UInt64) {
      self.id = id
      self.identity = identity
      self.stamp = stamp
    }
  }

  /// Something that is no replicable, though it looks like one.
  public struct Skipped: Hashable, Sendable {
    /// Where it is, below the root; control characters replaced.
    public var path: String
    /// Why it was left out.
    public var reason: String
    /// It has some of what makes a repository, and not all: it is being made, or it is broken.
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
  /// Since when it lies there.
  public var discardedAt: Timestamp
  /// Why, such as `deleted` or `displaced`.
  public var reason: String

  /// The reason of what a fresh download has displaced.
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
