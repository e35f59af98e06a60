/// One entry of the primary's event log.
public struct Event: Hashable, Sendable {
  /// Gapless and growing, from 1.
  public let id: UInt64
  /// When it was published.
  public let createdAt: Timestamp
  /// The kind.
  public let replicableName: ReplicableName
  /// What happened.
  public let name: EventName
  /// The replicable, and details of the event.
  public let payload: EventPayload

  /// An event as it stands in the log.
  public init(
    id: UInt64, createdAt: Timestamp, replicableName: ReplicableName, name: EventName, payload: EventPayload
  ) {
    self.id = id
    self.createdAt = createdAt
    self.replicableName = replicableName
    self.name = name
    self.payload = payload
  }
}

/// What happened to a replicable: the framework's event names.
public struct EventName: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The word in the event log.
  public let rawValue: String

  /// An event name by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// It exists now.
  public static let created = EventName(rawValue: "created")
  /// Its content changed.
  public static let updated = EventName(rawValue: "updated")
  /// It is gone; the secondary asks the primary before it acts on that.
  public static let deleted = EventName(rawValue: "deleted")
  /// The primary has a new checksum of it.
  public static let checksumSucceeded = EventName(rawValue: "checksum_succeeded")

  /// The word.
  public var description: String { rawValue }
}

/// The members of an event in addition to its name.
public struct EventPayload: Hashable, Sendable {
  /// The id of the replicable.
  public var modelRecordID: ReplicableID
  /// The incarnation under that id; `nil` when the publisher did not have it.
  public var incarnation: Incarnation?
  /// Correlates the effects of one push or one request; shown in logs.
  public var correlationID: String
  /// The ref changes of a push, where the hook received them; empty otherwise. They may be incomplete and do not
  /// replace a listing.
  public var changes: [RefMove]
  /// Why the agent published the event by itself, such as `scan`.
  public var reason: String?
  /// With `checksum_succeeded`: the primary's reading.
  public var reading: PrimaryReading?

  /// A payload.
  public init(
    modelRecordID: ReplicableID, incarnation: Incarnation? = nil, correlationID: String = "", changes: [RefMove] = [],
    reason: String? = nil, reading: PrimaryReading? = nil
  ) {
    self.modelRecordID = modelRecordID
    self.incarnation = incarnation
    self.correlationID = correlationID
    self.changes = changes
    self.reason = reason
    self.reading = reading
  }
}

/// One ref that a push updated, as git passed it to the hook: oids as text, forty zeros for "none".
public struct RefMove: Hashable, Sendable {
  /// The oid before.
  public let old: String
  /// The oid after.
  public let new: String
  /// The ref's full name.
  public let name: String

  /// One moved ref.
  public init(old: String, new: String, name: String) {
    self.old = old
    self.new = new
    self.name = name
  }
}

/// A checksum that the primary read from its disk.
public struct PrimaryReading: Hashable, Sendable {
  /// The digest.
  public let checksum: Checksum
  /// The last event that was logged before the content was read.
  public let generation: Generation
  /// When the reading began.
  public let readAt: Timestamp

  /// A reading.
  public init(checksum: Checksum, generation: Generation, readAt: Timestamp) {
    self.checksum = checksum
    self.generation = generation
    self.readAt = readAt
  }
}
