import Replication

/// An event log that is forgotten with the process. Its chain is the event's id times a constant, so that a forged one is noticed.
actor MemoryLog: EventPublishing, EventReading {
  private var log: LogID
  private var events: [Event] = []
  private var pruned: UInt64 = 0

  init(log: UInt64 = 1) { self.log = LogID(log) }

  func publish(_ unpublished: [UnpublishedEvent]) -> [Event] {
    let first = pruned + UInt64(events.count) + 1
    let published = unpublished.enumerated().map { index, event in
      Event(
        id: first + UInt64(index), createdAt: event.createdAt, replicableName: event.replicableName, name: event.name,
        payload: event.payload)
    }
    events += published
    return published
  }

  func position() -> Cursor { cursor(pruned + UInt64(events.count)) }

  func events(after cursor: Cursor?, limit: Int, wait: Duration) throws(PrimaryAccessError) -> EventBatch {
    let start = cursor?.id ?? pruned
    if let cursor {
      guard cursor.log == log, cursor.id <= pruned + UInt64(events.count), cursor.chain == self.cursor(cursor.id).chain
      else { throw .forked }
      guard cursor.id >= pruned else { throw .pruned }
    }
    let batch = Array(events.dropFirst(Int(start - pruned)).prefix(limit))
    return EventBatch(events: batch, cursor: self.cursor(batch.last?.id ?? start))
  }

  /// Forgets the oldest events.
  func prune(through id: UInt64) {
    events.removeFirst(Int(id - pruned))
    pruned = id
  }

  /// Goes on as another log, as after a restore from a backup without its end.
  func fork(to log: UInt64, keeping count: Int) {
    self.log = LogID(log)
    events = Array(events.prefix(count))
  }

  var all: [Event] { events }

  private func cursor(_ id: UInt64) -> Cursor { Cursor(log: log, id: id, chain: id &* 0x9e37_79b9_7f4a_7c15) }
}
