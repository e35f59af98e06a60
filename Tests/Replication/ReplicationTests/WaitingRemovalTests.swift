import Replication
import Testing

/// Copies whose removal waits for a confirmation.
@Suite("Waiting removals")
struct WaitingRemovalTests {
  /// Twelve, of which the primary has replaced ten; three are gone with the guard's leave.
  private static func replaced() async throws -> MemoryHost {
    let host = try await MemoryHost.settled(12)
    for number in 0..<10 { host.source.create(try ReplicableID("r\(number)"), [:]) }
    try await host.settle()
    return host
  }

  @Test("are touched by nothing, and the trash has the copies as they were", arguments: [false, true])
  func untouched(isRestarted: Bool) async throws {
    let host = try await Self.replaced()
    let waiting = try await host.secondary.waitingRemovals(MemoryHost.name)
    #expect(waiting.count == 7)
    let before = host.copies.items.filter { waiting.contains($0.key) }.mapValues(\.lines)
    if isRestarted { try await host.restartSecondary() }
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name) == waiting)
    for id in waiting {
      for isFresh in [false, true] {
        try await host.secondary.resync(id, MemoryHost.name, isFresh: isFresh)
        #expect(try await host.secondary.sync(id, MemoryHost.name) == .notDue)
      }
      try await host.secondary.reverify(id, MemoryHost.name)
      #expect(try await host.secondary.verify(id, MemoryHost.name) == .notDue)
      #expect(try await host.secondary.prove(id, MemoryHost.name) == .notDue)
    }
    for _ in 0..<3 {
      host.clock.advance(by: .seconds(3_600))
      try await host.settle()
    }
    #expect(host.copies.items.filter { waiting.contains($0.key) }.mapValues(\.lines) == before)
    #expect(await host.registry.dueForSync(at: host.clock.now, limit: 100).isEmpty)
    try await host.secondary.confirmRemovals(MemoryHost.name)
    try await host.settle()
    #expect(host.isEqual && host.trashCount == 10)
    #expect(host.copies.change { $0.trash.allSatisfy { $0.item.lines.count == 2 } })
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).isEmpty)
  }

  @Test("end where the primary has the incarnation again")
  func comeBack() async throws {
    let host = try await MemoryHost.settled(12)
    let items = host.source.items
    for number in 0..<10 { host.source.remove(try ReplicableID("r\(number)")) }
    try await host.settle()
    let waiting = try await host.secondary.waitingRemovals(MemoryHost.name)
    #expect(waiting.count == 7)
    #expect(await host.registry.entry(of: waiting[0])?.missingOnPrimary == true)
    host.source.change { content in
      for (id, item) in items { content.items[id] = item }
    }
    try await host.settle()
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).isEmpty)
    #expect(host.isEqual && host.trashCount == 3)
    let entries = await host.registry.window(after: nil, limit: 100)
    #expect(entries.allSatisfy { $0.state == .synced && $0.removalWaitingSince == nil })
  }

  @Test("keep a day's limit over events, passes, deselection and replacement together, asked for at once")
  func oneGuard() async throws {
    let host = try await MemoryHost.settled(12)
    host.source.remove(try ReplicableID("r0"))
    host.source.create(try ReplicableID("r1"), ["root": "new"])
    for number in 2..<6 { host.source.remove(try ReplicableID("r\(number)")) }
    _ = try await host.primary.scan(MemoryHost.name)
    try await host.restartSecondary(try SelectiveSync(exclude: ["r11"]))
    let secondary = host.secondary
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await secondary.consumeEvents() }
      for _ in 0..<3 { group.addTask { try await secondary.reconcile(MemoryHost.name) } }
      try await group.waitForAll()
    }
    #expect(host.trashCount == 3)
    #expect(try await secondary.waitingRemovals(MemoryHost.name).count == 4)
  }

  @Test("of entries without a copy do not wait")
  func nothingToLose() async throws {
    let host = try await MemoryHost.settled(8)
    for number in 0..<6 { host.copies.remove(try ReplicableID("r\(number)")) }
    for number in 0..<6 { host.source.remove(try ReplicableID("r\(number)")) }
    try await host.settle()
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).isEmpty)
    #expect(host.isEqual && host.trashCount == 0)
  }
}
