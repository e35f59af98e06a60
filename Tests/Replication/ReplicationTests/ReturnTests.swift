import Replication
import Testing

@Suite("What comes back")
struct ReturnTests {
  private func pair(_ count: Int) async throws -> (MemoryPair, [ReplicableID]) {
    let pair = try MemoryPair()
    pair.source.change { $0.hasBirths = true }
    try await pair.settle()
    var ids: [ReplicableID] = []
    for number in 0..<count { ids.append(try await pair.create("r\(number)")) }
    try await pair.settle()
    _ = try await pair.primary.scan(MemoryPair.name)
    try await pair.settle()
    return (pair, ids)
  }

  @Test("removals that wait are withdrawn when what was gone is there again", arguments: [true, false])
  func withdrawn(learnsByEvents: Bool) async throws {
    let (pair, ids) = try await pair(20)
    let before = await pair.entry(ids[0])?.incarnation
    let lost = ids.prefix(6)
    let items = pair.source.items
    for id in lost { pair.source.remove(id) }
    if learnsByEvents { _ = try await pair.primary.scan(MemoryPair.name) }
    try await pair.settle()
    try await pair.secondary.reconcile(MemoryPair.name)
    #expect(try await pair.secondary.waitingRemovals(MemoryPair.name).count == 3)
    #expect(pair.copies.items.count == 17)

    pair.source.change { content in for id in lost { content.items[id] = items[id] } }
    _ = try await pair.primary.scan(MemoryPair.name)
    try await pair.settle()
    try await pair.secondary.reconcile(MemoryPair.name)
    try await pair.settle()
    #expect(try await pair.secondary.waitingRemovals(MemoryPair.name).isEmpty)
    #expect(pair.copies.items.count == 20)
    #expect(await pair.registry.counts(at: pair.clock.now).verificationStates == [.succeeded: 20])
    #expect(await pair.entry(ids[0])?.incarnation == before, "it is the one that it was")
    #expect(pair.copies.change { $0.trash.count } == 3, "only what the guard let go was put away")
    // What was confirmed before it came back is not removed after.
    try await pair.secondary.reconcile(MemoryPair.name)
    #expect(pair.copies.items.count == 20)
  }

  @Test("a confirmation ends with what it was given for")
  func confirmation() async throws {
    let (pair, ids) = try await pair(20)
    let items = pair.source.items
    for id in ids.prefix(6) { pair.source.remove(id) }
    _ = try await pair.primary.scan(MemoryPair.name)
    try await pair.settle()
    try await pair.secondary.confirmRemovals(MemoryPair.name)
    pair.source.change { content in for id in ids.prefix(6) { content.items[id] = items[id] } }
    _ = try await pair.primary.scan(MemoryPair.name)
    try await pair.secondary.reconcile(MemoryPair.name)
    try await pair.settle()
    #expect(pair.copies.items.count == 20)
    // The same ones are gone once more: they wait once more.
    for id in ids.prefix(6) { pair.source.remove(id) }
    _ = try await pair.primary.scan(MemoryPair.name)
    try await pair.settle()
    #expect(try await pair.secondary.waitingRemovals(MemoryPair.name).count == 6)
  }

  @Test("what is gone counts nowhere, is announced once, and is forgotten after a while")
  func gone() async throws {
    let (pair, ids) = try await pair(3)
    pair.source.remove(ids[0])
    _ = try await pair.primary.scan(MemoryPair.name)
    let events = await pair.log.all.count
    _ = try await pair.primary.scan(MemoryPair.name)
    #expect(await pair.log.all.count == events)
    #expect(await pair.states.counts().values.reduce(0, +) == 2)
    #expect(try await pair.primary.standing(of: ids[0], incarnation: nil, MemoryPair.name) == .gone)
    pair.clock.advance(by: .seconds(8 * 86_400))
    _ = try await pair.primary.scan(MemoryPair.name)
    #expect(await pair.states.state(of: ids[0]) == nil)
  }

  @Test("another one in its place is another one")
  func another() async throws {
    let (pair, ids) = try await pair(3)
    let before = await pair.entry(ids[0])?.incarnation
    pair.source.remove(ids[0])
    _ = try await pair.primary.scan(MemoryPair.name)
    try await pair.settle()
    pair.source.create(ids[0], ["refs/heads/main": "other"])
    _ = try await pair.primary.scan(MemoryPair.name)
    try await pair.settle()
    try await pair.secondary.reconcile(MemoryPair.name)
    try await pair.settle()
    let after = await pair.entry(ids[0])
    #expect(after?.incarnation != before && after?.verificationState == .succeeded)
  }
}
