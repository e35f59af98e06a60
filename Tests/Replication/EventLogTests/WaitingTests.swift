import DurableFiles
import EventLog
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Readers see what is on the disk and nothing else, and wait for it without asking again.
@Suite("Readers of an event log")
struct WaitingTests {
  /// Holds back the fsync of segments until it is released.
  private final class Gate: Sendable {
    private let isShut = Atomic<Bool>(false)
    private let arrivals = AsyncStream<Void>.makeStream()
    private let releases = Mutex<[@Sendable () -> Void]>([])

    func shut() { isShut.store(true, ordering: .sequentiallyConsistent) }

    func open() {
      isShut.store(false, ordering: .sequentiallyConsistent)
      let waiting = releases.withLock { releases in
        defer { releases = [] }
        return releases
      }
      for release in waiting { release() }
    }

    /// Returns when an fsync stands before the gate.
    func arrival() async { for await _ in arrivals.stream { return } }

    var files: WatchedFileSystem {
      WatchedFileSystem { operation, path, isDone in
        guard operation == "synchronize", !isDone, path.extension == "jsonl" else { return }
        guard self.isShut.load(ordering: .sequentiallyConsistent) else { return }
        let passage = Passage()
        self.releases.withLock { $0.append { passage.release() } }
        self.arrivals.continuation.yield()
        passage.wait()
      }
    }
  }

  /// Holds one thread.
  private final class Passage: Sendable {
    private let pair: (reading: FileDescriptor, writing: FileDescriptor)
    init() {
      do {
        let ends = try FileDescriptor.pipe()
        pair = (ends.readEnd, ends.writeEnd)
      } catch {
        preconditionFailure("a pipe: \(error)")
      }
    }
    func release() { try? pair.writing.close() }
    func wait() {
      withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { _ = try? pair.reading.read(into: $0) }
      try? pair.reading.close()
    }
  }

  @Test("an event is shown only after its fsync has returned, and wakes each reader that waits for it")
  func durableOnly() async throws {
    try await LogFixture.with { fixture in
      let gate = Gate()
      let log = try await fixture.open(files: gate.files)
      let start = try await log.position()
      gate.shut()
      try await withThrowingTaskGroup(of: [Event].self) { group in
        group.addTask { try await log.publish([try LogFixture.event(1)]) }
        group.addTask { try await log.events(after: start, limit: 10, wait: .seconds(60)).events }
        await gate.arrival()
        #expect(try await log.events(after: start, limit: 10).events == [])
        #expect(try await log.events(after: nil, limit: 10).events == [])
        #expect(try await log.position() == start)
        gate.open()
        var outcomes: [[Event]] = []
        for try await events in group { outcomes.append(events) }
        #expect(outcomes.count == 2 && outcomes[0] == outcomes[1] && outcomes[0].count == 1)
      }
      try await log.close()
    }
  }

  @Test("callers that arrive while others are written share the next fsync")
  func sharesSynchronization() async throws {
    try await LogFixture.with { fixture in
      let gate = Gate()
      let synchronizations = Mutex(0)
      let files = WatchedFileSystem { operation, path, isDone in
        if operation == "synchronize", isDone, path.extension == "jsonl" { synchronizations.withLock { $0 += 1 } }
        gate.files.watch(operation, path, isDone)
      }
      let log = try await fixture.open(files: files)
      gate.shut()
      let before = synchronizations.withLock { $0 }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try await log.publish([try LogFixture.event(0)]) }
        await gate.arrival()
        for number in 1...63 { group.addTask { _ = try await log.publish([try LogFixture.event(number)]) } }
        while log.waitingPublishers < 63 { await Task.yield() }
        gate.open()
        try await group.waitForAll()
      }
      #expect(synchronizations.withLock { $0 } - before == 2)
      #expect(try await log.all().count == 64)
      try await log.close()
    }
  }

  @Test(
    "64 writers and 8 readers: every reader sees every event once, in order, and nothing that is not yet acknowledged")
  func crowd() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(EventLogSettings(segmentBytes: 20_000))
      let start = try await log.position()
      let (writers, each) = (64, 20)
      try await withThrowingTaskGroup(of: [Event].self) { group in
        for writer in 0..<writers {
          group.addTask {
            var own: [Event] = []
            for number in 0..<each { own += try await log.publish([try LogFixture.event(writer * each + number)]) }
            return own
          }
        }
        for _ in 0..<8 {
          group.addTask {
            var seen: [Event] = []
            var cursor = start
            while seen.count < writers * each {
              let batch = try await log.events(after: cursor, limit: 50, wait: .seconds(60))
              #expect(batch.cursor.id >= (batch.events.last?.id ?? 0))
              seen += batch.events
              cursor = batch.cursor
            }
            return seen
          }
        }
        var readings: [[Event]] = []
        var published: [Event] = []
        for try await events in group {
          if events.count == each { published += events } else { readings.append(events) }
        }
        published.sort { $0.id < $1.id }
        #expect(readings.count == 8 && readings.allSatisfy { $0 == published })
        #expect(Set(published.map(\.payload.modelRecordID)).count == writers * each)
      }
      let last = try await log.position().id
      #expect(try await log.check() == Int(last))
      try await log.close()
    }
  }

  @Test("a wait ends when its task is cancelled, when the log is closed, and when its time is over")
  func endsWaits() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      let end = try await log.position()
      #expect(try await log.events(after: end, limit: 1, wait: .milliseconds(1)).events == [])
      for isCancelled in [true, false] {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            await #expect(throws: PrimaryAccessError.self) {
              try await log.events(after: end, limit: 1, wait: .seconds(300))
            }
          }
          while log.waitingReaders == 0 { await Task.yield() }
          if isCancelled { group.cancelAll() } else { try await log.close() }
          try await group.waitForAll()
        }
      }
      await #expect(throws: PrimaryAccessError.self) { try await log.events(after: end, limit: 1) }
      await #expect(throws: EventLogError.self) { try await log.publish([try LogFixture.event(1)]) }
    }
  }

  @Test("a reader that waits is at the end at once of a log that was opened again, where no event follows")
  func endOfReopenedLog() async throws {
    try await LogFixture.with { fixture in
      let before = try await fixture.open()
      let end = try await before.position()
      try await before.close()
      let log = try await fixture.open()
      let batch = try await log.events(after: end, limit: 1, wait: .seconds(300))
      #expect(batch.events == [] && batch.cursor.id == end.id + 1)
      #expect(try await log.position() == batch.cursor)
      try await log.close()
    }
  }

  @Test("more readers than may wait are refused with that reason")
  func boundsReaders() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(EventLogSettings(waitingReaders: 2))
      let end = try await log.position()
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask { try await log.events(after: end, limit: 1, wait: .seconds(300)).events.count }
        }
        while log.waitingReaders < 2 { await Task.yield() }
        await #expect(throws: PrimaryAccessError.self) {
          try await log.events(after: end, limit: 1, wait: .seconds(300))
        }
        _ = try await log.publish([try LogFixture.event(1)])
        for try await count in group { #expect(count == 1) }
      }
      try await log.close()
    }
  }

  @Test("a caller that cancels before the write begins leaves nothing behind, and the others are written")
  func cancelledPublisher() async throws {
    try await LogFixture.with { fixture in
      let gate = Gate()
      let log = try await fixture.open(files: gate.files)
      gate.shut()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try await log.publish([try LogFixture.event(0)]) }
        await gate.arrival()
        let given = Task { _ = try await log.publish([try LogFixture.event(1)]) }
        while log.waitingPublishers < 1 { await Task.yield() }
        group.addTask { _ = try await log.publish([try LogFixture.event(2)]) }
        while log.waitingPublishers < 2 { await Task.yield() }
        given.cancel()
        await #expect(throws: (any Error).self) { try await given.value }
        gate.open()
        try await group.waitForAll()
      }
      #expect(try await log.all().map(\.payload.correlationID) == ["c0", "c2"])
      try await log.close()
    }
  }
}
