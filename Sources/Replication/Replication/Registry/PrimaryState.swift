/// A primary's state of one replicable: its incarnation and its checksum.
///
/// Changes by the inputs of its state machine (`PrimaryState+checksum.swift`) and by nothing else.
public struct PrimaryState: Hashable, Sendable {
  /// Which replicable.
  public package(set) var replicableID: ReplicableID
  /// Given when it was first seen.
  public package(set) var incarnation: Incarnation
  /// What it was recognised by: the directory's or file's device and inode.
  public package(set) var identity: FileIdentity?
  /// What the last successful reading saw. Kept when the reading itself becomes void: a directory that was copied to
  /// another disk is recognised by it. `nil` in states that an older version wrote, and before the first reading.
  public package(set) var knownContent: KnownContent?
  /// The last event published about it.
  public package(set) var generation: Generation?
  /// When that event was published.
  public package(set) var announcedAt: Timestamp?
  /// Since when it is no longer on the disk; `nil` while it is. It is kept for a while, so that what comes back as it
  /// was, such as a directory that was moved away or a line of a list, is the same incarnation and not another one in
  /// its place.
  public package(set) var goneAt: Timestamp?
  /// Why it is not offered to secondaries; `nil` when it is. A replicable that is not offered is not read.
  public package(set) var notOffered: NotOffered?
  /// The reason in words, where it is broken; at most 255 characters.
  public package(set) var notOfferedReason: String?

  /// Where the checksum stands.
  public package(set) var verificationState: VerificationState = .pending
  /// When the last reading began.
  public package(set) var verificationStartedAt: Timestamp?
  /// When the last reading ended.
  public package(set) var verifiedAt: Timestamp?
  /// When a failed reading is due again; `nil` is now.
  public package(set) var verificationRetryAt: Timestamp?
  /// Failures since the last success.
  public package(set) var verificationRetryCount = 0
  /// The last successful reading.
  public package(set) var reading: PrimaryReading?
  /// Why the last reading failed, at most 255 characters.
  public package(set) var verificationFailure: String?

  /// A replicable seen for the first time; its checksum is to be read.
  public init(replicableID: ReplicableID, incarnation: Incarnation, identity: FileIdentity? = nil) {
    self.replicableID = replicableID
    self.incarnation = incarnation
    self.identity = identity
  }
}

/// The content by which a replicable is recognised after its directory was copied to another disk, restored from a
/// backup, or mounted under another device number.
public struct KnownContent: Hashable, Sendable {
  /// The checksum.
  public var checksum: Checksum
  /// Values that the content consists of, such as the object ids of a repository's tips (`Strategy.marks`).
  public var marks: [String]

  /// A content, by its checksum and its marks.
  public init(checksum: Checksum, marks: [String]) {
    self.checksum = checksum
    self.marks = marks
  }
}

/// What stands at a path, by what a rename does not change.
public struct FileIdentity: Hashable, Sendable {
  /// The file system.
  public let device: UInt64
  /// The inode there.
  public let inode: UInt64
  /// When the inode was made, in nanoseconds since 1970; 0 where the file system does not report it. Without it a new
  /// repository that reuses the inode of a deleted one would be taken for a rename of that one.
  public let birth: Int64

  /// An identity.
  public init(device: UInt64, inode: UInt64, birth: Int64 = 0) {
    self.device = device
    self.inode = inode
    self.birth = birth
  }

  /// Whether both are the same inode. A birth that one of them lacks is not compared.
  public func matches(_ other: FileIdentity) -> Bool {
    device == other.device && inode == other.inode && (birth == other.birth || birth == 0 || other.birth == 0)
  }
}
