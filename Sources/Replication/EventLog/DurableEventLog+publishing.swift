package import Replication
internal import Synchronization
internal import WorkerPool

extension DurableEventLog: EventPublishing {
  /// Appends events in their order, with nothing between them, and returns when they are durable.
  ///
  /// Whoever calls while others are being written shares the next fsync with all who wait then. Of an event's ref
  /// changes as many are kept as fit in `EventLogSettings.changesBytes`; the events that are returned have those
  /// only.
  /// - Throws: `EventLogError`: `tooLarge` (no event was published), `busy`, `closed`, or `fileSystem` (none of the
  ///   events is in the log); `Cancelled`.
  package func publish(_ events: [UnpublishedEvent]) async throws -> [Event] {
    guard !events.isEmpty else { return [] }
    let texts = try events.map { try EventText($0, settings: settings) }
    let ticket = queue.ticket()
    let firstID =
      switch try await queue.join(ticket, texts.map(\.members)) {
      case .done(let firstID): firstID
      case .lead: try await lead(ticket)
      }
    return texts.enumerated().map { offset, text in
      Event(
        id: firstID + UInt64(offset), createdAt: text.event.createdAt, replicableName: text.event.replicableName,
        name: text.event.name, payload: text.event.payload)
    }
  }

  /// Writes for all who wait, and returns the id of the leader's own first event.
  private func lead(_ ticket: UInt64) async throws -> UInt64 {
    defer { queue.handOn(from: ticket) }
    return try await pool.run { _ in try self.writeGroup(ledBy: ticket) }
  }

  private func writeGroup(ledBy ticket: UInt64) throws -> UInt64 {
    let group = queue.take(limit: settings.groupBytes)
    let written = Result { () throws(EventLogError) in try write(group.flatMap(\.lines)) }
    var next = try? written.get()  // The error goes to each of those who wait, below.
    var own: UInt64?
    for entry in group {
      if entry.ticket == ticket { own = next }
      entry.continuation?.resume(with: written.map { _ in .done(next ?? 0) }.mapError { $0 })
      next = next.map { $0 + UInt64(entry.lines.count) }
    }
    _ = try written.get()
    guard let own else { preconditionFailure("the leader is the first of its group") }
    return own
  }

  /// The last durable line as a cursor.
  package func position() async throws -> Cursor { cursor(state.withLock { $0.durable }) }

  func cursor(_ position: LogPosition) -> Cursor { Cursor(log: id, id: position.id, chain: position.chain) }
}
