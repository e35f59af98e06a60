/// The end of the event log that a primary writes.
public protocol EventPublishing: Sendable {
  /// Appends events and returns them with their ids, after they are durable.
  func publish(_ events: [UnpublishedEvent]) async throws -> [Event]

  /// Returns the last durable event as a cursor: the lower bound for a listing that begins afterwards.
  func position() async throws -> Cursor
}

/// The end of the event log that is read.
public protocol EventReading: Sendable {
  /// Durable events after the cursor, in order; empty when `wait` has passed without any, and at once where only the
  /// cursor has moved. `nil` starts at the oldest event in the log.
  /// - Throws: `forked` and `pruned`; `unavailable` when the log cannot be read.
  func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch
}

/// An event before the log has given it an id.
public struct UnpublishedEvent: Hashable, Sendable {
  /// The kind.
  public var replicableName: ReplicableName
  /// What happened.
  public var name: EventName
  /// To which one.
  public var payload: EventPayload
  /// When.
  public var createdAt: Timestamp

  /// An event to publish.
  public init(replicableName: ReplicableName, name: EventName, payload: EventPayload, createdAt: Timestamp) {
    self.replicableName = replicableName
    self.name = name
    self.payload = payload
    self.createdAt = createdAt
  }
}
