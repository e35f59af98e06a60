import DurableFiles
import EventLog
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Whole segments are removed when all secondaries have read them, or when they are beyond the limit: a secondary that
/// stays away does not fill the disk.
@Suite("Pruning of an event log")
struct PruningTests {
  private static func settings(bytes: Int = 1 << 30, age: Duration = .seconds(86_400)) -> EventLogSettings {
    EventLogSettings(segmentBytes: 900, retention: EventLogSettings.Retention(bytes: bytes, age: age))
  }

  private static func fill(_ log: DurableEventLog, _ count: Int = 30) async throws -> [Event] {
    var events: [Event] = []
    for number in 0..<count { events += try await log.publish([try LogFixture.event(number)]) }
    return events
  }

  private static func segments(_ fixture: LogFixture) throws -> [String] {
    try RealFileSystem().entries(of: fixture.directory).map(\.name.string).filter { $0.hasSuffix(".jsonl") }
  }

  @Test("nothing goes that one of the secondaries has not read; what all have read goes, also after a restart")
  func slowest() async throws {
    try await LogFixture.with { fixture in
      var log = try await fixture.open(Self.settings())
      let events = try await Self.fill(log)
      let all = try Self.segments(fixture)
      #expect(all.count > 5)
      let middle = try await log.events(after: nil, limit: 15).cursor
      try await log.acknowledge(secondary: "berlin", try await log.position())
      #expect(try await log.prune(secondaries: ["berlin", "tokyo"]) == PruneReport())
      try await log.acknowledge(secondary: "tokyo", middle)
      try await log.close()
      log = try await fixture.open(Self.settings())
      let report = try await log.prune(secondaries: ["berlin", "tokyo"])
      #expect(report.segments > 0 && report.unreadSegments == 0 && report.bytes > 0)
      #expect(try Self.segments(fixture) == Array(all.dropFirst(report.segments)))
      // The slower one goes on as if nothing had happened.
      #expect(try await log.all(after: middle) == Array(events[15...]))
      let kept = try await log.all()
      #expect(events.suffix(kept.count) == kept[...])
      await #expect(throws: PrimaryAccessError.pruned) {
        try await log.events(after: Cursor(log: log.id, id: 0, chain: log.id.value), limit: 1)
      }
      try await log.check()
      // Without secondaries nothing but the end is needed.
      _ = try await log.prune(secondaries: [])
      #expect(try Self.segments(fixture).count == 1)
      try await log.close()
    }
  }

  @Test("a dead secondary holds nothing back beyond the limit of bytes, and then reads 'pruned'")
  func bytes() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(Self.settings(bytes: 3_000))
      let start = try await log.position()
      _ = try await Self.fill(log)
      let report = try await log.prune(secondaries: ["dead"])
      #expect(report.segments > 0 && report.unreadSegments == report.segments)
      let total = try Self.segments(fixture).reduce(0) { sum, name in
        sum + Int(try RealFileSystem().status(of: fixture.directory.appending(name))?.size ?? 0)
      }
      #expect((1_500...3_000).contains(total))
      await #expect(throws: PrimaryAccessError.pruned) { try await log.events(after: start, limit: 1) }
      let (oldest, end) = (try await log.all().first?.id ?? 0, try await log.position().id)
      #expect(oldest > 3 && oldest < end)
      try await log.close()
    }
  }

  @Test("a segment goes by age, and a clock that jumps back a day makes nothing old")
  func age() async throws {
    try await LogFixture.with { fixture in
      let time = Mutex(LogFixture.moment)
      let log = try await fixture.open(Self.settings(age: .seconds(3_600)), now: { time.withLock { $0 } })
      _ = try await Self.fill(log)
      let all = try Self.segments(fixture)
      #expect(try await log.prune(secondaries: ["dead"]) == PruneReport())
      time.withLock { $0 = $0 - .seconds(86_400) }
      #expect(try await log.prune(secondaries: ["dead"]) == PruneReport())
      _ = try await Self.fill(log, 10)
      time.withLock { $0 = LogFixture.moment + .seconds(3_601) }
      let report = try await log.prune(secondaries: ["dead"])
      #expect(report.segments >= all.count && report.unreadSegments == report.segments)
      let (ids, end) = (try await log.all().map(\.id), try await log.position().id)
      #expect(ids.isEmpty || ids.last == end)
      #expect(try Self.segments(fixture).count == 1)
      try await log.close()
    }
  }

  @Test("an acknowledgement of another log or beyond the end is refused; so is a name that is none")
  func refusals() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(Self.settings())
      let end = try await log.position()
      for (name, cursor) in [
        ("berlin", Cursor(log: LogID(7), id: 1, chain: 7)), ("berlin", Cursor(log: log.id, id: end.id + 1, chain: 0)),
        ("", end), (String(repeating: "x", count: 256), end),
      ] {
        let error = await #expect(throws: EventLogError.self) { try await log.acknowledge(secondary: name, cursor) }
        #expect(error?.code == .refused)
      }
      try await log.close()
    }
  }

  @Test("readers go on while segments are pruned behind them")
  func whileReading() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(Self.settings())
      let events = try await Self.fill(log, 60)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for event in events where event.id.isMultiple(of: 5) {
            let batch = try await log.events(after: nil, limit: 1)
            try await log.acknowledge(secondary: "berlin", batch.cursor)
            _ = try await log.prune(secondaries: ["berlin"])
            _ = event
          }
        }
        group.addTask {
          for _ in 0..<30 {
            // Whatever is pruned meanwhile: the answer is whole, or says that it is gone.
            do { _ = try await log.all() } catch PrimaryAccessError.pruned {}
          }
        }
        try await group.waitForAll()
      }
      try await log.close()
    }
  }
}
