internal import Synchronization
internal import WorkerPool

extension DurableEventLog {
  /// Reads every line of the log and checks ids, chain and content, from the oldest segment to the last durable line.
  /// - Returns: the number of lines, including those that are no events.
  /// - Throws: `EventLogError.damaged` with file, line and remedy; `Cancelled`.
  @discardableResult
  package func check() async throws -> Int {
    try await pool.run { flag in
      let end = self.state.withLock { $0.durable }
      var position: LogPosition?
      var first: UInt64?
      while position.map({ $0.id < end.id }) ?? true {
        try flag.check()
        if first == nil { first = self.state.withLock { $0.segments[0] } }
        var reading = LogReading(self, limit: 10_000)
        do throws(LogReadingError) {
          try reading.run(after: position)
        } catch .pruned {
          // The log was pruned meanwhile: removed segments need no check.
          (position, first) = (nil, nil)
          continue
        } catch .failed(let error) {
          throw error
        } catch .forked {
          throw EventLogError(.damaged, "check the event log: it is not the one that was opened; open it again")
        }
        position = reading.position
      }
      return Int(end.id - (first ?? 1) + 1)
    }
  }
}
