/// A primary's state of one replicable: its incarnation and its checksum.
///
/// Changes by the inputs of its state machine (`PrimaryState+checksum.swift`) only.
public struct PrimaryState: Hashable, Sendable {
  /// Which replicable.
  public package(set) var replicableID: ReplicableID
  /// Assigned when it was first listed.
  public package(set) var incarnation: Incarnation
  /// The device and inode of its directory or file.
  public package(set) var identity: FileIdentity?
  /// The content of the last successful reading. Kept when the reading itself becomes void: it identifies a directory
  /// that was copied to another disk. `nil` in states that an older version wrote, and before the first reading.
  public package(set) var knownContent: KnownContent?
  /// The last event published about it.
  public package(set) var generation: Generation?
  /// When that event was published.
  public package(set) var announcedAt: Timestamp?
  /// Since when it is no longer on the disk; `nil` while it is. It is kept for a while, so that a replicable that
  /// reappears unchanged, such as a directory that was moved away or a line of a list, has the same incarnation.
  public package(set) var goneAt: Timestamp?
  /// Why it is not offered to secondaries; `nil` when it is. A replicable that is not offered is not read.
  public package(set) var notOffered: NotOffered?
  /// The reason in words, where it is broken; at most 255 characters.
  public package(set) var notOfferedReason: String?

  /// The state of the checksum.
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

  /// Creates the state of a new replicable, with a pending checksum.
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

/// The identity of a directory or file, which a rename does not change.
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
