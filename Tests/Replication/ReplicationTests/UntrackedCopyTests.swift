import Replication
import Synchronization
import Testing

/// Copies that are there before their entries are: nothing is written into one of another incarnation.
@Suite("Untracked copies")
struct UntrackedCopyTests {
  /// One copy in the trash, and another incarnation under its id on the primary that was never copied.
  private static func replaced() async throws -> (MemoryHost, ReplicableID, TrashTicket) {
    let host = try await MemoryHost.settled(12)
    let id = try ReplicableID("r0")
    host.source.remove(id)
    try await host.settle()
    let ticket = try #require(try await host.secondary.trash(MemoryHost.name).first)
    return (host, id, ticket)
  }

  private static func expectNotMixed(_ host: MemoryHost) {
    #expect(host.isEqual)
    let trash = host.copies.change { $0.trash.map(\.item.lines) }
    #expect(trash == [["root": "0", "tip": "0.1"]], "the one that was restored is in the trash as it was")
  }

  @Test("a copy that came back without an entry", arguments: [false, true])
  func withoutEntry(isRestarted: Bool) async throws {
    let (host, id, ticket) = try await Self.replaced()
    host.source.create(id, ["root": "other", "tip": "other.1"])
    try MemoryStrategy(disk: host.copies).restore(ticket)
    if isRestarted { try await host.restartSecondary() }
    try await host.settle()
    Self.expectNotMixed(host)
  }

  @Test("a restore that dies before, or after, the copy is back", arguments: [0, 1])
  func crash(changes: Int) async throws {
    let (host, id, ticket) = try await Self.replaced()
    await host.registry.die(after: changes)
    await #expect(throws: (any Error).self) { try await host.secondary.restore(ticket, MemoryHost.name) }
    host.source.create(id, ["root": "other", "tip": "other.1"])
    try await host.restartSecondary()
    try await host.settle()
    try await host.secondary.confirmRemovals(MemoryHost.name)
    try await host.settle()
    Self.expectNotMixed(host)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).isEmpty)
  }

  @Test("a restore that died before its entry was made, of what the primary has again")
  func crashOfTheSame() async throws {
    let (host, id, ticket) = try await Self.replaced()
    let item = try #require(host.copies.change { $0.trash.first?.item })
    host.source.create(id, item.lines)
    host.source.set(id, "tip", "0.2")
    try MemoryStrategy(disk: host.copies).restore(ticket)
    try await host.settle()
    // Its tip is not an object there any more, as after a push with force that was collected.
    #expect(host.isEqual)
    #expect(host.copies.items.count == 12)
  }

  @Test("a restore onto an entry of which only the id was announced")
  func withoutIncarnation() async throws {
    let (host, id, ticket) = try await Self.replaced()
    _ = try await host.registry.change(id) { entry, make in entry = make(id, at: host.clock.now) }
    try await host.secondary.restore(ticket, MemoryHost.name)
    #expect(try await host.entry("r0")?.incarnation == ticket.incarnation)
    host.source.create(id, ["root": "other", "tip": "other.1"])
    try await host.settle()
    Self.expectNotMixed(host)
  }

  @Test("a restore is refused while a sync of the id runs, and changes nothing")
  func busy() async throws {
    let (host, id, ticket) = try await Self.replaced()
    host.source.create(id, ["root": "other", "tip": "other.1"])
    let site = Mutex<Secondary?>(nil)
    let refusal = Mutex<StrategyError.Code?>(nil)
    var strategy = MemoryStrategy(disk: host.copies, source: host.source)
    strategy.during = { _ in
      do {
        try await site.withLock { $0 }?.restore(ticket, MemoryHost.name)
      } catch {
        refusal.withLock { $0 = (error as? StrategyError)?.code }
      }
    }
    let secondary = try Secondary(
      name: "copy", of: host.primary,
      members: [
        Secondary.Member(
          Kind(configured: MemoryHost.name, dataType: .repository, isMutable: true), strategy: strategy,
          registry: host.registry, differences: host.differences, selection: .everything)
      ], features: host.features, environment: host.clock.environment)
    site.withLock { $0 = secondary }
    // Announced without an incarnation, as by the oldest primaries.
    _ = try await host.registry.change(id) { entry, make in entry = make(id, at: host.clock.now) }
    _ = try await secondary.sync(id, MemoryHost.name)
    #expect(refusal.withLock { $0 } == .busy || refusal.withLock { $0 } == .occupied)
    #expect(try await host.entry("r0")?.removalWaitingSince == nil)
    #expect(host.trashCount == 1)
    try await host.restartSecondary()
    try await host.settle()
    Self.expectNotMixed(host)
    site.withLock { $0 = nil }
  }

  @Test("a registry that is lost: each copy goes on as what it is, and those of others make room within the guard")
  func lostRegistry() async throws {
    let host = try await MemoryHost.settled(40)
    let inodes = host.copies.items.mapValues(\.inode)
    // Two are others by now, one has a new tip.
    for number in 0..<2 { host.source.create(try ReplicableID("r\(number)"), ["root": "other \(number)", "tip": "t"]) }
    host.source.set(try ReplicableID("r2"), "tip", "2.2")
    await host.registry.restore(await MemoryRegistry().backup())
    try await host.restartSecondary()
    try await host.settle()
    // As long as few copies of the new registry are synced, a removal waits.
    let waiting = try await host.secondary.waitingRemovals(MemoryHost.name).map(\.text)
    #expect(Set(waiting).isSubset(of: ["r0", "r1"]) && waiting.count + host.trashCount == 2)
    try await host.secondary.confirmRemovals(MemoryHost.name)
    try await host.settle()
    #expect(host.isEqual)
    #expect(host.trashCount == 2)
    for (id, inode) in inodes where !["r0", "r1"].contains(id.text) { #expect(host.copies.items[id]?.inode == inode) }
  }
}
