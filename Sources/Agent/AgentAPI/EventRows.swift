/// A notice of a Git host, a hook or an operator; the body of `POST /api/v1/events`.
package struct EventNotice: Codable, Hashable, Sendable {
  /// What happened.
  package var event: Word<EventWord>
  /// The kind's name.
  package var replicableName: String
  /// The id within the kind.
  package var id: String
  /// The ref changes of a push, where known.
  package var changes: [RefMoveRow]?
  /// Ties together what one push caused.
  package var correlationId: String?

  /// A notice.
  package init(
    event: Word<EventWord>, replicableName: String, id: String, changes: [RefMoveRow]? = nil,
    correlationId: String? = nil
  ) {
    self.event = event
    self.replicableName = replicableName
    self.id = id
    self.changes = changes
    self.correlationId = correlationId
  }
}

/// One moved ref: oids as text, forty zeros for "none".
package struct RefMoveRow: Codable, Hashable, Sendable {
  /// The oid before.
  package var old: String
  /// The oid after.
  package var new: String
  /// The ref's full name.
  package var ref: String

  /// A moved ref.
  package init(old: String, new: String, ref: String) {
    self.old = old
    self.new = new
    self.ref = ref
  }
}

/// A checksum that the primary read.
package struct ReadingRow: Codable, Hashable, Sendable {
  /// `sha256:HEX`.
  package var checksum: String
  /// `LOG:ID`: the last event that was logged before the content was read.
  package var generation: String
  /// RFC 3339, UTC.
  package var readAt: String

  /// A reading.
  package init(checksum: String, generation: String, readAt: String) {
    self.checksum = checksum
    self.generation = generation
    self.readAt = readAt
  }
}

/// One event of the log.
package struct EventRow: Codable, Hashable, Sendable {
  /// Gapless and growing.
  package var id: UInt64
  /// RFC 3339, UTC.
  package var createdAt: String
  /// The kind's name.
  package var replicableName: String
  /// `created`, `updated`, `deleted`, `checksum_succeeded`.
  package var eventName: String
  /// The details of the event.
  package var payload: Payload

  /// The members of an event in addition to its name.
  package struct Payload: Codable, Hashable, Sendable {
    /// The id within the kind.
    package var modelRecordId: String
    /// 16 hexadecimal digits.
    package var incarnation: String?
    /// Ties together what one push caused.
    package var correlationId: String
    /// The ref changes, where known.
    package var changes: [RefMoveRow]?
    /// Why the agent published it by itself, such as `scan`.
    package var reason: String?
    /// With `checksum_succeeded`.
    package var reading: ReadingRow?

    /// A payload.
    package init(
      modelRecordId: String, incarnation: String?, correlationId: String, changes: [RefMoveRow]?, reason: String?,
      reading: ReadingRow?
    ) {
      self.modelRecordId = modelRecordId
      self.incarnation = incarnation
      self.correlationId = correlationId
      self.changes = changes
      self.reason = reason
      self.reading = reading
    }
  }

  /// An event.
  package init(id: UInt64, createdAt: String, replicableName: String, eventName: String, payload: Payload) {
    self.id = id
    self.createdAt = createdAt
    self.replicableName = replicableName
    self.eventName = eventName
    self.payload = payload
  }
}

/// A part of the event feed.
package struct EventPage: Codable, Hashable, Sendable {
  /// In order.
  package var events: [EventRow]
  /// `LOG:ID:CHAIN`: where to go on.
  package var cursor: String
  /// The primary's; 0 where there was no promotion.
  package var epoch: UInt64?
  /// Addresses of content may carry an incarnation, which is compared. Missing in answers of older versions.
  package var comparesIncarnations: Bool?

  /// A page.
  package init(events: [EventRow], cursor: String, epoch: UInt64? = nil) {
    comparesIncarnations = true
    self.events = events
    self.cursor = cursor
    self.epoch = epoch
  }
}
