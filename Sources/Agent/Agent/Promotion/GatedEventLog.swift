internal import EventLog
internal import Replication

/// The event log of a primary that may be replaced: while and after another site replaces it, no event is written. So
/// the last event that a fence order reads is the last one that was acknowledged.
struct GatedEventLog: EventPublishing, EventReading {
  let log: DurableEventLog
  /// `nil` where the site is never replaced.
  let epoch: SiteEpoch?

  func publish(_ events: [UnpublishedEvent]) async throws -> [Event] {
    try epoch?.beginPublishing()
    defer { epoch?.endPublishing() }
    return try await log.publish(events)
  }

  func position() async throws -> Cursor { try await log.position() }

  func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch {
    try await log.events(after: cursor, limit: limit, wait: wait)
  }
}
