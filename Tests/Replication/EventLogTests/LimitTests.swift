import DurableFiles
import EventLog
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

/// What a log refuses, and what it keeps of what is too much.
@Suite("Bounds of an event log")
struct LimitTests {
  private static func event(_ payload: EventPayload) throws -> UnpublishedEvent {
    UnpublishedEvent(
      replicableName: ReplicableName("project_repository"), name: .updated, payload: payload,
      createdAt: LogFixture.moment)
  }

  @Test("a payload of 10 MB is refused by name, and nothing of its call is published")
  func tooLarge() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      let long = String(repeating: "x", count: 10_000_000)
      let id = try ReplicableID("a")
      for payload in [
        EventPayload(modelRecordID: id, correlationID: long), EventPayload(modelRecordID: id, reason: long),
      ] {
        let error = await #expect(throws: EventLogError.self) {
          try await log.publish([try LogFixture.event(1), try Self.event(payload)])
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.description.contains("1048576") == true)
      }
      #expect(try await log.all() == [])
      try await log.close()
    }
  }

  @Test("more at once than may wait to be written is refused, and the same in parts is taken")
  func tooMany() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(EventLogSettings(waitingBytes: 10_000))
      let many = try (0..<100).map { try LogFixture.event($0) }
      let error = await #expect(throws: EventLogError.self) { try await log.publish(many) }
      #expect(error?.code == .tooLarge)
      _ = try await log.publish(Array(many.prefix(20)))
      #expect(try await log.all().count == 20)
      #expect(try await log.publish([]) == [])
      try await log.close()
    }
  }

  @Test("10 MB of ref changes never refuse a push: as many as fit are kept, and the line says how many were left out")
  func manyChanges() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      let zero = String(repeating: "0", count: 40)
      let changes = (0..<80_000).map { RefMove(old: zero, new: zero, name: "refs/heads/branch-\($0)") }
      let published = try await log.publish([
        try Self.event(EventPayload(modelRecordID: try ReplicableID("a"), changes: changes))
      ])
      let kept = published[0].payload.changes
      #expect(kept == Array(changes.prefix(kept.count)) && (1_000..<3_000).contains(kept.count))
      #expect(try await log.all() == published)
      let text = try String(
        contentsOfFile: fixture.directory.appending("00000000000000000001.jsonl").string, encoding: .utf8)
      #expect(text.contains("\"changes_left_out\":\(80_000 - kept.count)"))
      try await log.close()
    }
  }

  @Test(
    "every text comes back as it was given",
    arguments: [
      "", "plain", "quote \" backslash \\ slash /", "line\nfeed\ttab\u{0}\u{1}\u{1f}\u{7f}", "é ü 漢字 👩‍👩‍👧 \u{2028}",
      "{\"id\":1,\"group\":9}",
      "\",\"chain\":\"0123456789abcdef\"}",
    ])
  func texts(text: String) async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      let reading = PrimaryReading(
        checksum: Checksum(sha256: (0..<32).map { UInt8($0 * 7) }), generation: Generation(log: log.id, id: 3),
        readAt: LogFixture.moment)
      let payload = EventPayload(
        modelRecordID: try ReplicableID("gruppe/prüfung \"x\" \\"), incarnation: Incarnation(7), correlationID: text,
        changes: [RefMove(old: text, new: text, name: text)], reason: text, reading: reading)
      let published = try await log.publish([
        UnpublishedEvent(
          replicableName: ReplicableName("a1"), name: .checksumSucceeded, payload: payload,
          createdAt: LogFixture.moment)
      ])
      #expect(published.first?.payload == payload)
      try await log.close()
      let again = try await fixture.open()
      #expect(try await again.all() == published)
      try await again.close()
    }
  }

  @Test("a second opening fails and names the holder of the log")
  func locked() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open()
      let error = await #expect(throws: EventLogError.self) { try await fixture.open() }
      #expect(error?.code == .locked)
      try await log.close()
      try await fixture.open().close()
    }
  }
}
