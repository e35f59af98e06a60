import DurableFiles
import EventLog
import Replication
import SystemPackage
import TestSupport
import WorkerPool

/// A directory for a log, a pool, and a clock that stands still: what most tests of the log need.
final class LogFixture: Sendable {
  static let moment = Timestamp(milliseconds: 1_795_341_600_000)

  private let memory: MemoryDirectory
  let pool = WorkerPool(name: "event log", threads: 3, waitingLimit: 4_096)

  /// In memory, where the fsyncs of thousands of trials cost nothing.
  init() throws { memory = try MemoryDirectory("remora-events") }

  var directory: FilePath { memory.path.appending("events") }
  var spool: FilePath { memory.path.appending("spool") }

  /// Gives `body` a fresh ground and ends its pool afterwards.
  static func with<Result>(_ body: (LogFixture) async throws -> Result) async throws -> Result {
    let fixture = try LogFixture()
    do {
      let result = try await body(fixture)
      await fixture.pool.shutdown()
      return result
    } catch {
      await fixture.pool.shutdown()
      throw error
    }
  }

  func open(
    _ settings: EventLogSettings = EventLogSettings(), at directory: FilePath? = nil,
    files: any FileSystemPort = RealFileSystem(), now: @escaping @Sendable () -> Timestamp = { LogFixture.moment }
  ) async throws -> DurableEventLog {
    try await DurableEventLog.open(directory ?? self.directory, settings: settings, pool: pool, files: files, now: now)
  }

  /// Returns an event that its number distinguishes from others.
  static func event(_ number: Int, name: EventName = .updated) throws -> UnpublishedEvent {
    UnpublishedEvent(
      replicableName: ReplicableName("project_repository"), name: name,
      payload: EventPayload(modelRecordID: try ReplicableID("group/project-\(number)"), correlationID: "c\(number)"),
      createdAt: moment + .milliseconds(number))
  }
}

extension DurableEventLog {
  /// Returns all events that are kept, by as many calls as it takes.
  func all(after cursor: Cursor? = nil, limit: Int = 100) async throws -> [Event] {
    var events: [Event] = []
    var next = cursor
    while true {
      let batch = try await self.events(after: next, limit: limit)
      if batch.events.isEmpty { return events }
      events += batch.events
      next = batch.cursor
    }
  }
}
