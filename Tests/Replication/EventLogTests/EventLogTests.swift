import EventLog
import Replication
import Testing

@Suite("Event log")
struct EventLogTests {
  @Test("what was published is read again, in order, also after the log was opened anew")
  func remembers() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      let first = try await log.publish([try LogFixture.event(1), try LogFixture.event(2)])
      #expect(first.map(\.id) == [3, 4])
      let read = try await log.events(after: nil, limit: 100)
      #expect(read.events == first)
      #expect(read.cursor == (try await log.position()))
      try await log.close()
      let again = try await fixture.open()
      #expect(again.recovery.isClean)
      #expect(again.id == log.id)
      let more = try await again.publish([try LogFixture.event(3)])
      #expect(try await again.all() == first + more)
      #expect(try await again.events(after: read.cursor, limit: 100).events == more)
      #expect(try await again.check() == 6)
      try await again.close()
    }
  }
}
