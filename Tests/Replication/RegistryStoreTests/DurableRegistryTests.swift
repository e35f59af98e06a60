import Foundation
import RegistryStore
import Replication
import TestSupport
import Testing

@Suite("Durable registry")
struct DurableRegistryTests {
  /// Makes one random change, the same on the registry and on the model.
  private static func step(
    _ registry: DurableRegistry, _ model: inout [ReplicableID: RegistryEntry], _ clock: inout Timestamp,
    _ generator: inout SeededGenerator
  ) async throws {
    clock = clock + .milliseconds(Int.random(in: 0...5_000, using: &generator))
    let id = try ReplicableID("group/thing-\(Int.random(in: 0..<40, using: &generator))")
    let now = clock
    let choice = Int.random(in: 0..<11, using: &generator)
    let seed = generator.next()
    let entry = try await registry.change(id) { entry, make -> RegistryEntry? in
      var random = SeededGenerator(seed: seed)
      switch choice {
      case 0: entry = nil
      case 1, 2:
        var announced = entry ?? make(id, at: now)
        _ = announced.announce(
          Generation(log: LogID(7), id: seed % 1_000), incarnation: announced.incarnation ?? Incarnation(seed), at: now)
        entry = announced
      case 3: if let ticket = entry?.startSync(at: now) { _ = entry?.finishSync(ticket) }
      case 4:
        if let ticket = entry?.startSync(at: now) {
          entry?.failSync(ticket, "no \"luck\"\n\(seed)", missingOnPrimary: seed % 3 == 0, at: now, using: &random)
        }
      case 5:
        if let ticket = entry?.startVerification(at: now) {
          _ = entry?.succeedVerification(ticket, Checksum(sha256: (0..<32).map { _ in UInt8(seed % 251) }), at: now)
        }
      case 6:
        if let ticket = entry?.startVerification(at: now) {
          entry?.failMismatch(
            ticket, copy: Checksum(sha256: [UInt8](repeating: 1, count: 32)),
            primary: Checksum(sha256: [UInt8](repeating: 2, count: 32)), at: now, using: &random)
        }
      case 7: if let ticket = entry?.startCheck() { _ = entry?.passCheck(ticket, at: now) }
      case 8: if let ticket = entry?.startCheck() { _ = entry?.failCheck(ticket, "pack \(seed)", at: now) }
      case 9: if seed.isMultiple(of: 2) { entry?.requestCheck() } else { entry?.markRestored() }
      default: _ = entry?.startSync(at: now)
      }
      return entry
    }
    model[id] = entry
  }

  private static func expectEqual(
    _ registry: DurableRegistry, _ model: [ReplicableID: RegistryEntry], at now: Timestamp
  ) async throws {
    let entries = model.values.sorted { $0.replicableID < $1.replicableID }
    #expect(try await RegistryFixture.all(registry) == entries)
    let counts = try await registry.counts(at: now)
    #expect(counts.states == Dictionary(grouping: entries, by: \.state).mapValues(\.count))
    #expect(counts.verificationStates == Dictionary(grouping: entries, by: \.verificationState).mapValues(\.count))
    #expect(counts.needsVerification == entries.count { $0.isDueForVerification(at: now) })
    #expect(counts.mismatched == entries.count(where: \.checksumMismatch))
    let due = try await registry.dueForSync(at: now, limit: 1_000)
    #expect(Set(due.map(\.id)) == Set(entries.filter { $0.isDueForSync(at: now) }.map(\.id)))
    let pending = due.prefix { $0.state == .pending }
    #expect(due.dropFirst(pending.count).allSatisfy { $0.state == .failed })
    #expect(pending.map(\.id) == pending.map(\.id).sorted())
    let verifications = try await registry.dueForVerification(at: now, limit: 1_000)
    #expect(Set(verifications.map(\.id)) == Set(entries.filter { $0.isDueForVerification(at: now) }.map(\.id)))
    for interval in [Duration.zero, .seconds(600), .seconds(86_400)] {
      let checks = try await registry.dueForCheck(at: now, interval: interval, limit: 1_000)
      #expect(
        Set(checks.map(\.id)) == Set(entries.filter { $0.isDueForCheck(at: now, interval: interval) }.map(\.id)))
      #expect(checks.count == Set(checks.map(\.id)).count, "one is named twice")
      let first = try await registry.dueForCheck(at: now, interval: interval, limit: 3)
      #expect(first == Array(checks.prefix(3)))
    }
    #expect(counts.damaged == entries.count { $0.checkFailure != nil })
    #expect(counts.unchecked == entries.count { $0.isCheckable && $0.checkedAt == nil })
    #expect(counts.oldestCheck == entries.filter(\.isCheckable).compactMap(\.checkedAt).min())
    #expect(
      try await Set(registry.started().map(\.id))
        == Set(entries.filter { $0.state == .started || $0.verificationState == .started }.map(\.id)))
    for entry in entries.prefix(5) {
      #expect(try await registry.entry(of: entry.replicableID) == entry)
      if let incarnation = entry.incarnation {
        #expect(try await registry.entry(of: incarnation)?.incarnation == incarnation)
      }
    }
  }

  @Test("random changes, folds and reopenings agree with a plain model", arguments: [1, 2, 3] as [UInt64])
  func model(seed: UInt64) async throws {
    let fixture = try RegistryFixture(foldBytes: 20_000)
    var generator = SeededGenerator(seed: seed)
    var model: [ReplicableID: RegistryEntry] = [:]
    var clock = RegistryFixture.start
    var highest: UInt64 = 0
    for _ in 0..<8 {
      (generator, model, clock, highest) = try await fixture.with { registry in
        var (generator, model, clock, highest) = (generator, model, clock, highest)
        try await Self.expectEqual(registry, model, at: clock)
        for _ in 0..<150 {
          let known = Set(model.values.map(\.id))
          try await Self.step(registry, &model, &clock, &generator)
          for new in Set(model.values.map(\.id)).subtracting(known) {
            #expect(new > highest, "a number was given twice")
            highest = max(highest, new)
          }
        }
        try await Self.expectEqual(registry, model, at: clock)
        return (generator, model, clock, highest)
      }
    }
  }

  @Test("what one change throws changes nothing, and others go on")
  func throwing() async throws {
    struct Refusal: Error {}
    let fixture = try RegistryFixture()
    try await fixture.with { registry in
      let id = try ReplicableID("a")
      try await registry.change(id) { entry, make in entry = make(id, at: RegistryFixture.start) }
      await #expect(throws: Refusal.self) {
        try await registry.change(id) { entry, _ in
          entry = nil
          throw Refusal()
        }
      }
      #expect(try await registry.entry(of: id) != nil)
      try await registry.rename(id, to: ReplicableID("b"))
      #expect(try await registry.entry(of: id) == nil)
      #expect(try await registry.entry(of: ReplicableID("b"))?.id == 1)
    }
    try await fixture.with { registry in
      let ids = try await RegistryFixture.all(registry).map(\.replicableID.text)
      #expect(ids == ["b"])
    }
  }

  @Test("entries change places in one step, and what was done before is left out")
  func moves() async throws {
    let fixture = try RegistryFixture()
    let ids = try ["a", "b", "c", "d"].map { try ReplicableID($0) }
    let moves = (0..<3).map { number in
      CopyMove(id: ids[number], newID: ids[(number + 1) % 3], incarnation: Incarnation(UInt64(number)))
    }
    try await fixture.with { registry in
      for (number, id) in ids.enumerated() {
        try await registry.change(id) { entry, make in
          entry = make(id, at: RegistryFixture.start, incarnation: Incarnation(UInt64(number)))
        }
      }
      try await registry.change(ids[3]) { entry, _ in entry?.holdForRemoval(isReplaced: true, at: RegistryFixture.start)
      }
      try await registry.rename(moves)
      // After a crash it is asked for again.
      try await registry.rename(moves)
      await #expect(throws: (any Error).self) {
        try await registry.rename([CopyMove(id: ids[1], newID: ids[3], incarnation: Incarnation(0))])
      }
    }
    try await fixture.with { registry in
      let entries = try await RegistryFixture.all(registry)
      #expect(entries.map(\.replicableID) == ids)
      #expect(entries.map(\.incarnation) == [2, 0, 1, 3].map { Incarnation($0) })
      #expect(entries.map(\.id) == [3, 1, 2, 4])
      #expect(entries[3].removalWaitingSince == RegistryFixture.start)
      let due = try await registry.dueForSync(at: RegistryFixture.start + .seconds(1_000_000), limit: 10)
      #expect(Set(due.map(\.replicableID)) == Set(ids.prefix(3)))
    }
  }

  @Test("64 writers at once lose nothing")
  func concurrent() async throws {
    let fixture = try RegistryFixture(foldBytes: 100_000)
    try await fixture.with { registry in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<64 {
          group.addTask {
            for number in 0..<20 {
              let id = try ReplicableID("w\(writer)/\(number)")
              try await registry.change(id) { entry, make in entry = make(id, at: RegistryFixture.start) }
              #expect(try await registry.entry(of: id) != nil)
            }
          }
        }
        try await group.waitForAll()
      }
    }
    try await fixture.with { registry in
      let entries = try await RegistryFixture.all(registry)
      #expect(entries.count == 1_280)
      #expect(Set(entries.map(\.id)) == Set(1...1_280))
    }
  }

  @Test("the cursor is kept, and unknown members of a line and of the document")
  func unknown() async throws {
    let fixture = try RegistryFixture(foldBytes: 0)
    let cursor = Cursor(log: LogID(3), id: 44, chain: 5)
    try await fixture.with { registry in
      let id = try ReplicableID("a")
      try await registry.change(id) { entry, make in entry = make(id, at: RegistryFixture.start) }
      try await registry.advance(to: cursor)
    }
    // Opened once more, everything is folded into the document.
    try await fixture.with { registry in try await registry.advance(to: Cursor(log: LogID(3), id: 45, chain: 6)) }
    var text = try String(contentsOfFile: fixture.document, encoding: .utf8)
    text = text.replacingOccurrences(of: "\"state\":", with: "\"colour\": {\"r\":[1,2]}, \"state\" : ")
    text = text.replacingOccurrences(of: "{\"format\"", with: "{\"owner\":\"me\",\"format\"")
      .replacingOccurrences(of: "{\"cursor\"", with: "{\"owner\":\"me\",\"cursor\"")
    if let check = text.range(of: ",\"check\"") { text = text[..<check.lowerBound] + "}\n" }
    try text.write(toFile: fixture.document, atomically: false, encoding: .utf8)
    try await fixture.with { registry in
      #expect(try await registry.cursor()?.id == 45)
      let id = try ReplicableID("a")
      try await registry.change(id) { entry, _ in _ = entry?.startSync(at: RegistryFixture.start) }
    }
    try await fixture.with { registry in try await registry.advance(to: Cursor(log: LogID(3), id: 46, chain: 7)) }
    let folded = try String(contentsOfFile: fixture.document, encoding: .utf8)
    #expect(folded.contains("\"colour\":{\"r\":[1,2]}") && folded.contains("\"owner\":\"me\""))
  }

  @Test("a second owner of the state directory is refused with the name of the holder")
  func locked() async throws {
    let fixture = try RegistryFixture()
    try await fixture.with { _ -> Void in
      await #expect(throws: RegistryStoreError.self) { try await fixture.with { _ in () } }
    }
  }
}
