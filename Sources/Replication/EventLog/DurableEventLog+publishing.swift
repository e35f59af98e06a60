internal import DurableJournal
package import Replication
internal import Synchronization
internal import WorkerPool

extension DurableEventLog: EventPublishing {
  /// Appends events consecutively in their order, and returns when they are durable.
  ///
  /// Calls that arrive while a group is being written share the next fsync. An event's ref changes are limited to
  /// `EventLogSettings.changesBytes`; the returned events have only the kept ones.
  /// - Throws: `EventLogError`: `tooLarge` (no event was published), `busy`, `closed`, or `fileSystem` (none of the
  ///   events is in the log); `Cancelled`.
  package func publish(_ events: [UnpublishedEvent]) async throws -> [Event] {
    guard !events.isEmpty else { return [] }
    let texts = try events.map { try EventText($0, settings: settings) }
    let lines = texts.map(\.members)
    let bytes = lines.reduce(0) { $0 + $1.count + LineFrame.overhead }
    let firstID: UInt64
    do {
      firstID = try await queue.commit(lines, cost: bytes) { lead in
        try await pool.run { _ in try lead.commit(limit: self.settings.groupBytes) { self.writeGroup($0) } }
      }
    } catch let refusal as CommitRefusal {
      throw error(of: refusal, publishing: bytes)
    }
    return texts.enumerated().map { offset, text in
      Event(
        id: firstID + UInt64(offset), createdAt: text.event.createdAt, replicableName: text.event.replicableName,
        name: text.event.name, payload: text.event.payload)
    }
  }

  private func error(of refusal: CommitRefusal, publishing bytes: Int) -> EventLogError {
    switch refusal {
    case .closed: EventLogError(.closed, "publish events: the event log was closed")
    case .full(let waiting):
      bytes > settings.waitingBytes
        ? EventLogError(
          .tooLarge,
          "publish events: they take \(bytes) bytes, \(settings.waitingBytes) are taken at once; publish them in parts")
        : EventLogError(.busy, "publish events: \(waiting) bytes wait to be written already; try again later")
    }
  }

  /// Writes the lines of several publishers with one fsync. A failure is the result of each.
  private func writeGroup(_ group: [[[UInt8]]]) -> [Result<UInt64, any Error>] {
    do {
      var next = try write(group.flatMap(\.self))
      return group.map { lines in
        defer { next += UInt64(lines.count) }
        return .success(next)
      }
    } catch {
      return group.map { _ in .failure(error) }
    }
  }

  /// Returns the last durable line as a cursor.
  package func position() async throws -> Cursor { cursor(state.withLock { $0.durable }) }

  func cursor(_ position: LogPosition) -> Cursor { Cursor(log: id, id: position.id, chain: position.chain) }
}
