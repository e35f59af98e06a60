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
