import EventLog
import Foundation
import Replication
import SystemPackage
import WorkerPool

/// An event log that is written to by one and by many, and read from its beginning.
enum EventLogPart {
  private static let start = Timestamp(milliseconds: 1_790_000_000_000)
  private static let count = 1_000_000

  private static func event(_ number: Int) throws -> UnpublishedEvent {
    UnpublishedEvent(
      replicableName: "project_repository", name: .updated,
      payload: EventPayload(
        modelRecordID: try ReplicableID("group/project-\(number)"), incarnation: Incarnation(UInt64(number)),
        correlationID: "correlation-\(number)"),
      createdAt: start + .milliseconds(number))
  }

  static func measure(_ path: String) async throws -> [String: Double] {
    var measured: [String: Double] = [:]
    let pool = WorkerPool(name: "benchmark", threads: 4, waitingLimit: 10_000)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let log = try await DurableEventLog.open(
      FilePath(path).appending("written"), pool: pool, now: { start })
    for (name, writers) in [("appends-1-writer", 1), ("appends-64-writers", 64)] {
      measured[name] = try await Part.rate(of: writers, for: .seconds(6)) { writer, turn in
        _ = try await log.publish([try event(turn * 64 + writer)])
      }
    }
    try await log.close()
    measured["replay-1m"] = try await replay(FilePath(path).appending("replayed"), pool)
    await pool.shutdown()
    return measured
  }

  private static func replay(_ path: FilePath, _ pool: WorkerPool) async throws -> Double {
    let log = try await DurableEventLog.open(path, pool: pool, now: { start })
    for batch in stride(from: 0, to: count, by: 1_000) {
      _ = try await log.publish((batch..<batch + 1_000).map { try event($0) })
    }
    let seconds = try await Part.seconds {
      var (cursor, read) = (Cursor?.none, 0)
      while read < count {
        let batch = try await log.events(after: cursor, limit: 1_000)
        guard !batch.events.isEmpty else { throw BenchmarkFailure("the log ends after \(read) events") }
        read += batch.events.count
        cursor = batch.cursor
      }
    }
    try await log.close()
    return seconds
  }
}
