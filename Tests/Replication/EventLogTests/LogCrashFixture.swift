import DurableFiles
import EventLog
import Foundation
import Replication
import Synchronization
import SystemPackage
import TestSupport
import WorkerPool

/// A short life of a log with everything that writes: opened, written to over several segments, read, acknowledged,
/// pruned, closed, opened again. Blocking, for harnesses that are.
struct LogCrashFixture {
  /// What the log acknowledged, as a publisher sees it.
  struct Promises: Sendable {
    /// Acknowledged events by id.
    var published: [UInt64: String] = [:]
    /// Ids up to here may be pruned.
    var prunable: UInt64 = 0
    /// Ids up to here were acknowledged as read.
    var acknowledged: UInt64 = 0
    /// A position that a reader was given.
    var cursor: Cursor?
  }

  static let settings = EventLogSettings(segmentBytes: 1_000)
  static let pool = WorkerPool(name: "log life", threads: 3, waitingLimit: 1_000)

  let files: any FileSystemPort
  let directory: FilePath
  /// Called after each step.
  let note: @Sendable (Promises) throws -> Void
  /// Called before each part.
  var enter: @Sendable (String) -> Void = { _ in }

  static let parts = ["opening", "publishing", "acknowledging", "pruning", "reopening"]

  /// Runs the workload. Goes on after errors where `isPatient`, else throws the first one.
  func live(isPatient: Bool = false) throws {
    try Self.wait { try await run(isPatient) }
  }

  static func wait<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    try Bridge.wait(until: .after(.seconds(60)), cancellation: CancellationFlag(), body)
  }

  private func open() async throws -> DurableEventLog {
    try await DurableEventLog.open(
      directory, settings: Self.settings, pool: Self.pool, files: files, now: { LogFixture.moment })
  }

  private func run(_ isPatient: Bool) async throws {
    var promises = Promises()
    var problem: (any Error)?
    func attempt(_ body: () async throws -> Void) async throws {
      do { try await body() } catch {
        guard isPatient else { throw error }
        problem = error
      }
    }
    for (start, count) in [("opening", 6), ("reopening", 2)] {
      enter(start)
      let log = try await open()
      do {
        promises.cursor = try await log.position()
        try note(promises)
        enter("publishing")
        for number in 0..<count {
          try await attempt {
            let events = try (0..<(number % 3 + 1)).map { try LogFixture.event(number * 10 + $0) }
            for event in try await log.publish(events) {
              promises.published[event.id] = event.payload.modelRecordID.text
            }
            promises.cursor = try await log.position()
            try note(promises)
          }
        }
        enter("acknowledging")
        let cursor = try await log.events(after: nil, limit: 8).cursor
        promises.prunable = cursor.id
        try note(promises)
        try await attempt {
          try await log.acknowledge(secondary: "berlin", cursor)
          promises.acknowledged = cursor.id
          try note(promises)
        }
        enter("pruning")
        try await attempt { _ = try await log.prune(secondaries: ["berlin"]) }
      } catch {
        // The first error is the one to throw. Closing frees the directory for the check.
        try? await log.close()
        throw error
      }
      enter("closing")
      try await attempt { try await log.close() }
    }
    if let problem { throw problem }
  }

  /// Checks what must hold of a log that was left at any moment: it opens by itself, has every event that was
  /// acknowledged and not pruned, is gapless and whole, accepts every position that was returned, prunes what was
  /// acknowledged, and takes more.
  static func judge(_ directory: FilePath, _ promises: Promises) throws {
    try wait {
      let log = try await DurableEventLog.open(directory, settings: settings, pool: pool, now: { LogFixture.moment })
      _ = try await log.check()
      var found = try await log.all()
      for (id, text) in promises.published {
        guard let event = found.first(where: { $0.id == id }) else {
          guard id <= promises.prunable else { throw TestSupportError("the published event \(id) is gone") }
          continue
        }
        guard event.payload.modelRecordID.text == text else { throw TestSupportError("event \(id) is another one") }
      }
      do {
        if let cursor = promises.cursor { _ = try await log.events(after: cursor, limit: 1) }
      } catch PrimaryAccessError.pruned {
        guard promises.prunable > 0 else { throw TestSupportError("a place that was shown is pruned") }
      }
      let more = try await log.publish([try LogFixture.event(999)])
      found += more
      guard try await log.all() == found else { throw TestSupportError("what was read changed with a new event") }
      _ = try await log.prune(secondaries: ["berlin"])
      let names = try RealFileSystem().entries(of: directory).map(\.name.string).filter { $0.hasSuffix(".jsonl") }
      if names.count > 1, let second = UInt64(names[1].prefix(20)), second <= promises.acknowledged {
        throw TestSupportError("the acknowledgement of \(promises.acknowledged) is gone")
      }
      try await log.close()
    }
  }
}
