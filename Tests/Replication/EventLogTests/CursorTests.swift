import EventLog
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

/// A cursor names a place in one history; every other history reports it as forked.
@Suite("Cursors of an event log")
struct CursorTests {
  @Test("a log restored from a backup reports forked, before and after it was written past the old end")
  func restored() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      _ = try await log.publish([try LogFixture.event(1)])
      let early = try await log.position()
      try await log.close()
      let backup = fixture.directory.removingLastComponent().appending("backup").string
      try FileManager.default.copyItem(atPath: fixture.directory.string, toPath: backup)

      let second = try await fixture.open()
      _ = try await second.publish((2...5).map { try LogFixture.event($0) })
      let late = try await second.position()
      try await second.close()

      try FileManager.default.removeItem(atPath: fixture.directory.string)
      try FileManager.default.moveItem(atPath: backup, toPath: fixture.directory.string)
      let restored = try await fixture.open()
      await #expect(throws: PrimaryAccessError.forked) { try await restored.events(after: late, limit: 10) }
      // The very same events again: only the record of the opening differs.
      _ = try await restored.publish((2...9).map { try LogFixture.event($0) })
      #expect(try await restored.position().id > late.id)
      await #expect(throws: PrimaryAccessError.forked) { try await restored.events(after: late, limit: 10) }
      await #expect(throws: PrimaryAccessError.forked) {
        try await restored.events(after: late, limit: 10, wait: .seconds(60))
      }
      // What lies before the backup is common history.
      #expect(try await restored.events(after: early, limit: 10).events.count == 8)
      try await restored.close()
    }
  }

  @Test("a cursor of another log, beyond the end or with another chain is forked")
  func strange() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      _ = try await log.publish((1...3).map { try LogFixture.event($0) })
      let end = try await log.position()
      for cursor in [
        Cursor(log: LogID(1), id: end.id, chain: end.chain), Cursor(log: log.id, id: end.id + 1, chain: end.chain),
        Cursor(log: log.id, id: end.id, chain: end.chain + 1), Cursor(log: log.id, id: 2, chain: 7),
        Cursor(log: log.id, id: 0, chain: 7), Cursor(log: log.id, id: .max, chain: 7),
      ] {
        await #expect(throws: PrimaryAccessError.forked, "\(cursor)") { try await log.events(after: cursor, limit: 10) }
      }
      let before = Cursor(log: log.id, id: 0, chain: log.id.value)
      #expect(try await log.events(after: before, limit: 10).events.count == 3)
      try await log.close()
    }
  }

  @Test("a reader comes to every event whatever limit it asks with", arguments: [-1, 1, 2, 7, 1_000_000])
  func limits(limit: Int) async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(EventLogSettings(segmentBytes: 900))
      let events = try await log.publish((0..<5).map { try LogFixture.event($0) })
      var all = events
      for number in 5..<40 { all += try await log.publish([try LogFixture.event(number)]) }
      #expect(try await log.all(limit: limit) == all)
      #expect(all.map(\.id) != Array(3...UInt64(all.count + 2)), "segments begin with a line of their own")
      for event in all.dropLast() {
        let batch = try await log.events(after: nil, limit: Int(event.id))
        #expect(try await log.events(after: batch.cursor, limit: 1).events.first == all[batch.events.count...].first)
      }
      try await log.close()
    }
  }

  @Test("a batch ends with its bytes, and a line larger than that comes alone")
  func batchBytes() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(EventLogSettings(batchBytes: 1_000))
      let events = try await log.publish((0..<20).map { try LogFixture.event($0) })
      let batch = try await log.events(after: nil, limit: 100)
      #expect((1..<10).contains(batch.events.count))
      #expect(try await log.all() == events)
      try await log.close()
    }
  }
}
