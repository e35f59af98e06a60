import Replication
import Testing

/// Changes whose event never came, or could not be followed, are found by the next consistency pass.
@Suite("Announcements that were lost")
struct LostAnnouncementTests {
  @Test("a change while the kind was off on the primary is copied when it is on again")
  func off() async throws {
    let host = try await MemoryHost.settled(3)
    let id = try ReplicableID("r1")
    await host.setPrimaryEnabled(false)
    host.source.set(id, "tip", "changed")
    try await host.primary.publish(.updated, of: id, MemoryHost.name)
    try await host.primary.checksumDue()
    await host.setPrimaryEnabled(true)
    #expect(!host.isEqual)
    try await host.settle()
    #expect(host.isEqual)
    #expect(try await host.entry("r1")?.verificationState == .succeeded)
  }

  @Test("a removal whose cause has ended is withdrawn by a pass, though its event could not be followed")
  func returned() async throws {
    let host = try await MemoryHost.settled(12)
    let items = host.source.items
    for number in 0..<10 { host.source.remove(try ReplicableID("r\(number)")) }
    try await host.settle()
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).count == 7)
    host.source.change { content in for (id, item) in items { content.items[id] = item } }
    _ = try await host.primary.scan(MemoryHost.name)
    // The primary cannot say how they stand when the event comes.
    host.source.change { content in content.unreadable = Set(items.keys) }
    _ = try await host.secondary.consumeEvents()
    host.source.change { content in content.unreadable = [] }
    try await host.secondary.reconcile(MemoryHost.name)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).isEmpty)
  }

  @Test("a copy that cannot follow its rename is not called synced, and follows when the way is free")
  func blocked() async throws {
    let host = try await MemoryHost.settled(3)
    let (old, new) = (try ReplicableID("r1"), try ReplicableID("moved"))
    // Something that no agent made stands there.
    host.copies.create(new, ["root": "foreign"])
    host.source.move(old, to: new)
    _ = try await host.primary.scan(MemoryHost.name)
    host.source.set(new, "tip", "pushed later")
    try await host.primary.publish(.updated, of: new, MemoryHost.name)
    _ = try await host.secondary.consumeEvents()
    let entry = try await host.entry("r1")
    #expect(entry?.state != .synced && entry?.verificationState != .succeeded && entry?.announcedAt != nil)
    host.copies.remove(new)
    try await host.settle()
    #expect(host.isEqual)
    #expect(try await host.entry("moved")?.state == .synced)
  }

  @Test("one that was renamed to where it is excluded leaves its id to the next one")
  func excludedAway() async throws {
    let host = try await MemoryHost.settled(4)
    let (first, second) = (try ReplicableID("r0"), try ReplicableID("r1"))
    host.source.move(first, to: try ReplicableID("hidden"))
    host.source.move(second, to: first)
    try await host.restartPrimary(try SelectiveSync(exclude: ["hidden"]))
    try await host.settle(rounds: 4)
    #expect(host.copies.items[first]?.lines["root"] == "1")
    #expect(try await host.entry("r0")?.verificationState == .succeeded)
    #expect(host.trashCount == 1)
  }
}
