import EventLog
import Replication
import TestSupport
import Testing

/// Random lives of a log beside a model of it: an array.
@Suite("Event log beside a model")
struct ModelTests {
  @Test("whatever is done in whatever order, the log answers as the model does", arguments: [1, 2, 3, 4] as [UInt64])
  func walk(seed: UInt64) async throws {
    try await LogFixture.with { fixture in
      var random = SeededGenerator(seed: seed)
      let settings = EventLogSettings(
        segmentBytes: Int.random(in: 300...3_000, using: &random),
        batchBytes: Int.random(in: 200...5_000, using: &random))
      var log = try await fixture.open(settings)
      var model: [Event] = []
      var cursors: [(Cursor, seen: Int)] = [(try await log.position(), 0)]
      var prunedEvents = 0
      for step in 0..<300 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8:
          let count = Int.random(in: 1...4, using: &random)
          let events = try (0..<count).map { try LogFixture.event(step * 10 + $0) }
          let published = try await log.publish(events)
          #expect(published.map(\.payload) == events.map(\.payload))
          #expect(zip(model.suffix(1) + published, published).allSatisfy { $0.id <= $1.id })
          model += published
        case 8..<16:
          let index = Int.random(in: 0..<cursors.count, using: &random)
          let (cursor, seen) = cursors[index]
          let limit = Int.random(in: 1...9, using: &random)
          do {
            let batch = try await log.events(after: cursor, limit: limit)
            #expect(batch.events == Array(model[seen...].prefix(batch.events.count)), "step \(step)")
            #expect(batch.events.count <= limit && (!batch.events.isEmpty || seen == model.count))
            cursors.append((batch.cursor, seen + batch.events.count))
          } catch PrimaryAccessError.pruned {
            #expect(seen <= prunedEvents, "step \(step)")
          }
        case 16, 17:
          try await log.close()
          log = try await fixture.open(settings)
          #expect(log.recovery.isClean)
        case 18:
          guard let (cursor, seen) = cursors.randomElement(using: &random) else { continue }
          try await log.acknowledge(secondary: "berlin", cursor)
          _ = try await log.prune(secondaries: ["berlin"])
          // Nothing that is unread may go.
          let kept = try await log.all()
          prunedEvents = model.count - kept.count
          #expect(prunedEvents <= max(seen, prunedEvents) && kept == Array(model[prunedEvents...]))
        default:
          try await log.check()
        }
      }
      try await log.close()
    }
  }
}
