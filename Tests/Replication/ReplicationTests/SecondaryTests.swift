import Replication
import Synchronization
import Testing

@Suite("A secondary and its primary")
struct SecondaryTests {
  @Test("what is created is copied and verified")
  func created() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("a/b")
    let report = try await pair.settle()
    #expect(report.synced == 1 && report.verified == 1 && report.failures.isEmpty && report.pausedBy == nil)
    #expect(pair.copies.items[id]?.lines == ["refs/heads/main": "1"])
    let entry = try #require(await pair.entry(id))
    #expect(entry.state == .synced && entry.verificationState == .succeeded)
    #expect(entry.held == entry.wanted && entry.held != nil && entry.incarnation != nil)
  }

  @Test("a secondary that was not there at the beginning begins with the catalog")
  func catalog() async throws {
    let pair = try MemoryPair(secondaries: [])
    for number in 0..<2_500 { pair.source.create(try ReplicableID("r\(number)"), ["refs/heads/main": "\(number)"]) }
    let report = try await pair.secondary.consumeEvents()
    #expect(report.hasReconciled)
    #expect(await pair.registry.counts(at: pair.clock.now).states == [.pending: 2_500])
    #expect(try await pair.primary.publish(.updated, of: ReplicableID("r1"), MemoryPair.name) == nil)
    try await pair.secondary.work(limit: 5_000)
    #expect(pair.copies.items.count == 2_500)
    #expect(await pair.registry.cursor() != nil)
  }

  @Test("an update while a sync runs leaves the entry pending, and the next round copies it")
  func updateDuringSync() async throws {
    let box = Mutex<(@Sendable () async throws -> Void)?>(nil)
    let pair = try MemoryPair { _ throws(StrategyError) in
      let step = box.withLock { step in
        defer { step = nil }
        return step
      }
      // The script of this test.
      try? await step?()
    }
    try await pair.settle()
    let id = try await pair.create("moving")
    try await pair.secondary.consumeEvents()
    box.withLock {
      $0 = {
        pair.source.set(id, "refs/heads/main", "2")
        try await pair.publish(.updated, id)
        try await pair.secondary.consumeEvents()
      }
    }
    let result = try await pair.secondary.sync(id, MemoryPair.name)
    #expect(result == .pendingAgain)
    #expect(await pair.entry(id)?.state == .pending)
    try await pair.secondary.work()
    #expect(pair.copies.items[id]?.lines == ["refs/heads/main": "2"])
    #expect(await pair.entry(id)?.verificationState == .succeeded)
  }

  @Test(
    "a connection that breaks is tried again at once, and fails the entry when it always breaks", arguments: [2, 3])
  func broken(times: Int) async throws {
    let left = Mutex(times)
    let pair = try MemoryPair { _ throws(StrategyError) in
      let isBroken = left.withLock { left in
        defer { left -= 1 }
        return left > 0
      }
      if isBroken {
        throw StrategyError(.init(rawValue: "connection_lost"), "fetch: connection reset", disposition: .connection)
      }
    }
    try await pair.settle()
    let id = try await pair.create("far")
    try await pair.secondary.consumeEvents()
    let result = try await pair.secondary.sync(id, MemoryPair.name)
    let entry = try #require(await pair.entry(id))
    if times == 2 {
      #expect(result == .synced(hasChanged: true) && entry.state == .synced && entry.retryCount == 0)
    } else {
      #expect(result == .failed("fetch: connection reset") && entry.state == .failed && entry.retryCount == 1)
    }
    #expect(left.withLock { $0 } == (times == 2 ? -1 : 0))
  }

  @Test("a rename keeps the copy, whichever event comes first", arguments: [true, false])
  func renamed(deletedFirst: Bool) async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("old")
    try await pair.settle()
    let inode = pair.copies.items[id]?.inode
    let newID = try ReplicableID("new")
    pair.source.move(id, to: newID)
    let events: [(EventName, ReplicableID)] = [(.deleted, id), (.created, newID)]
    for (event, id) in deletedFirst ? events : events.reversed() { try await pair.publish(event, id) }
    try await pair.settle()
    #expect(pair.copies.items[newID]?.inode == inode)
    #expect(pair.copies.items[id] == nil && pair.copies.change { $0.trash.isEmpty })
    #expect(await pair.entry(newID)?.state == .synced)
    #expect(await pair.entry(id) == nil)
  }

  @Test("a rename without an event is found by the consistency pass")
  func quietRename() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("old")
    try await pair.settle()
    let newID = try ReplicableID("new")
    pair.source.move(id, to: newID)
    let report = try await pair.secondary.reconcile(MemoryPair.name)
    #expect(report.renamed == 1 && report.removed == 0 && report.inserted == 0)
    #expect(pair.copies.items.keys.map(\.text) == ["new"])
    #expect(await pair.entry(newID)?.replicableID == newID)
  }

  @Test("what was deleted is forgotten by the next complete catalog, and its state with it")
  func forgotten() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("gone")
    for number in 0..<3 { _ = try await pair.create("kept\(number)") }
    pair.source.remove(id)
    try await pair.publish(.deleted, id)
    #expect(await pair.states.state(of: id) != nil)
    try await pair.secondary.reconcile(MemoryPair.name)
    #expect(await pair.states.state(of: id) == nil)
    #expect(await pair.states.window(after: nil, limit: 10).count == 3)
  }

  @Test("a registry restored from yesterday is followed on from its own cursor to what is true today")
  func restoredRegistry() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let (changed, moved) = (try await pair.create("changed"), try await pair.create("moved"))
    let gone = try await pair.create("gone")
    for number in 0..<5 { _ = try await pair.create("kept\(number)") }
    try await pair.settle()
    let yesterday = await pair.registry.backup()
    pair.source.set(changed, "refs/heads/main", "2")
    try await pair.publish(.updated, changed)
    let movedID = try ReplicableID("elsewhere")
    pair.source.move(moved, to: movedID)
    try await pair.publish(.created, movedID)
    pair.source.remove(gone)
    try await pair.publish(.deleted, gone)
    let new = try await pair.create("new")
    try await pair.settle()
    let today = pair.copies.items.mapValues(\.lines)
    await pair.registry.restore(yesterday)
    try await pair.secondary.recover()
    for _ in 0..<3 {
      try await pair.settle()
      pair.clock.advance(by: .seconds(4_000))
    }
    // Restored entries of copies that are gone already are asked for by the catalog.
    try await pair.secondary.reconcile(MemoryPair.name)
    try await pair.settle()
    #expect(pair.copies.items.mapValues(\.lines) == today)
    let entries = await pair.registry.window(after: nil, limit: 100)
    #expect(Set(entries.map(\.replicableID)) == Set(pair.source.items.keys))
    #expect(entries.allSatisfy { $0.state == .synced && $0.verificationState == .succeeded })
    #expect(await pair.entry(new)?.held != nil)
  }

  @Test("a deletion is accepted only when the primary itself reports it")
  func deleted() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("doomed")
    for number in 0..<5 { _ = try await pair.create("kept\(number)") }
    try await pair.settle()
    try await pair.publish(.deleted, id)
    try await pair.settle()
    #expect(pair.copies.items[id] != nil)
    pair.source.remove(id)
    try await pair.publish(.deleted, id)
    try await pair.settle()
    #expect(pair.copies.items[id] == nil)
    #expect(await pair.entry(id) == nil)
    let ticket = try #require(try await pair.secondary.trash(MemoryPair.name).first)
    #expect(ticket.replicableID == id)
    try await pair.secondary.restore(ticket, MemoryPair.name)
    #expect(pair.copies.items[id] != nil)
    #expect(await pair.entry(id)?.state == .pending)
    // Only an operator undoes what an operator did.
    for _ in 0..<2 {
      let report = try await pair.secondary.reconcile(MemoryPair.name)
      #expect(report.removed == 0 && report.waiting == [id])
      try await pair.settle()
    }
    #expect(pair.copies.items[id] != nil)
    #expect(await pair.entry(id)?.missingOnPrimary == true)
    try await pair.secondary.confirmRemovals(MemoryPair.name)
    #expect(try await pair.secondary.reconcile(MemoryPair.name).removed == 1)
    #expect(pair.copies.items[id] == nil)
  }

  @Test(
    "a restored copy is replaced when its primary has another incarnation of that name, and is one of many otherwise"
  )
  func restoredAndCreatedAgain() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("again", ["refs/heads/main": "1"])
    for number in 0..<5 { _ = try await pair.create("kept\(number)") }
    try await pair.settle()
    let first = try #require(await pair.entry(id)?.incarnation)
    pair.source.remove(id)
    try await pair.publish(.deleted, id)
    try await pair.settle()
    let ticket = try #require(try await pair.secondary.trash(MemoryPair.name).first)
    try await pair.secondary.restore(ticket, MemoryPair.name)
    #expect(await pair.entry(id)?.isRestored == true)
    // A client pushes it back to the host.
    pair.source.create(id, ["refs/heads/main": "2"])
    try await pair.publish(.created, id)
    try await pair.settle()
    try await pair.secondary.reconcile(MemoryPair.name)
    try await pair.settle()
    #expect(pair.copies.items[id]?.lines == ["refs/heads/main": "2"])
    let entry = try #require(await pair.entry(id))
    #expect(entry.incarnation != first && !entry.isRestored && entry.state == .synced)
    let trash = try await pair.secondary.trash(MemoryPair.name)
    #expect(trash.map(\.incarnation) == [first])
    // The two are not mixed.
    let error = await #expect(throws: StrategyError.self) {
      try await pair.secondary.restore(trash[0], MemoryPair.name)
    }
    #expect(error?.code == .occupied)
    #expect(pair.copies.items[id]?.lines == ["refs/heads/main": "2"])
  }

  @Test("deleted and created again is another one: the old copy goes to the trash")
  func createdAgain() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("again", ["refs/heads/main": "1"])
    for number in 0..<5 { _ = try await pair.create("kept\(number)") }
    try await pair.settle()
    let first = await pair.entry(id)?.incarnation
    pair.source.remove(id)
    pair.source.create(id, ["refs/heads/other": "2"])
    try await pair.publish(.deleted, id)
    try await pair.publish(.created, id)
    try await pair.settle()
    #expect(pair.copies.items[id]?.lines == ["refs/heads/other": "2"])
    #expect(await pair.entry(id)?.incarnation != first)
    #expect(try await pair.secondary.trash(MemoryPair.name).map(\.incarnation) == [first])
  }

  @Test("too many removals at once wait for a confirmation")
  func removalGuard() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    var ids: [ReplicableID] = []
    for number in 0..<20 { ids.append(try await pair.create("r\(number)")) }
    try await pair.settle()
    for id in ids.prefix(10) { pair.source.remove(id) }
    let report = try await pair.secondary.reconcile(MemoryPair.name)
    #expect(report.removed == 3)
    #expect(report.waiting.count == 7)
    #expect(pair.copies.items.count == 17)
    try await pair.secondary.confirmRemovals(MemoryPair.name)
    let second = try await pair.secondary.reconcile(MemoryPair.name)
    #expect(second.removed == 7 && second.waiting.isEmpty)
    #expect(pair.copies.items.count == 10)
  }

  @Test("an incomplete catalog removes nothing")
  func incomplete() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    for number in 0..<9 { _ = try await pair.create("r\(number)") }
    try await pair.settle()
    pair.source.remove(try ReplicableID("r1"))
    pair.source.change { $0.isComplete = false }
    let report = try await pair.secondary.reconcile(MemoryPair.name)
    #expect(!report.isComplete && report.removed == 0)
    #expect(pair.copies.items.count == 9)
    pair.source.change { $0.isComplete = true }
    #expect(try await pair.secondary.reconcile(MemoryPair.name).removed == 1)
  }

  @Test("a log that is forked or pruned is replaced by the catalog", arguments: [true, false])
  func brokenLog(isForked: Bool) async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("first")
    try await pair.settle()
    for number in 0..<5 {
      pair.source.set(id, "refs/heads/main", "next\(number)")
      try await pair.publish(.updated, id)
    }
    if isForked { await pair.log.fork(to: 2, keeping: 2) } else { await pair.log.prune(through: 5) }
    let report = try await pair.secondary.consumeEvents()
    #expect(report.hasReconciled)
    try await pair.secondary.work()
    #expect(pair.copies.items[id]?.lines == ["refs/heads/main": "next4"])
    #expect(try await pair.secondary.consumeEvents().hasReconciled == false)
  }

  @Test("a listing that is not complete keeps no secondary from following a new log")
  func incompleteAndForked() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let (seen, unseen) = (try await pair.create("seen"), try await pair.create("unseen"))
    try await pair.settle()
    await pair.log.fork(to: 2, keeping: 2)
    pair.source.set(unseen, "refs/heads/main", "later")
    pair.source.change { $0.isComplete = false }
    let hidden = pair.source.change { $0.items.removeValue(forKey: unseen) }
    #expect(try await pair.secondary.consumeEvents().hasReconciled)
    #expect(try await pair.secondary.consumeEvents().hasReconciled == false)
    pair.source.change { $0.items[unseen] = hidden }
    // No event announces it again: it was requested when the old log was given up.
    try await pair.secondary.work()
    #expect(pair.copies.items[unseen]?.lines == ["refs/heads/main": "later"])
    #expect(pair.copies.items[seen] != nil)
  }

  @Test("events that make no sense are counted and passed")
  func rejected() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try ReplicableID("x")
    let unknown = UnpublishedEvent(
      replicableName: "stranger", name: .created, payload: EventPayload(modelRecordID: id), createdAt: pair.clock.now)
    let undeclared = UnpublishedEvent(
      replicableName: MemoryPair.name, name: EventName(rawValue: "renovated"),
      payload: EventPayload(modelRecordID: id), createdAt: pair.clock.now)
    let incomplete = UnpublishedEvent(
      replicableName: MemoryPair.name, name: .checksumSucceeded, payload: EventPayload(modelRecordID: id),
      createdAt: pair.clock.now)
    _ = await pair.log.publish([unknown, undeclared, incomplete])
    let good = try await pair.create("good")
    let report = try await pair.secondary.consumeEvents()
    #expect(report.rejected.count == 3 && report.applied == 1)
    #expect(await pair.entry(good) != nil)
    await #expect(throws: ReplicationError.self) {
      try await pair.primary.publish(EventName(rawValue: "renovated"), of: id, MemoryPair.name)
    }
  }

  @Test("with the feature off nothing is published and nothing consumed; on again begins with a full pass")
  func feature() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    try await pair.secondary.setEnabled(false, MemoryPair.name)
    let id = try await pair.create("unseen")
    // A kind that is off takes no part in the feed, so nothing is read for it.
    #expect(try await pair.secondary.consumeEvents() == ConsumptionReport())
    #expect(await pair.entry(id) == nil)
    try await pair.secondary.setEnabled(true, MemoryPair.name)
    #expect(await pair.entry(id)?.state == .pending)
    await pair.features.set("geo_thing_replication", to: false)
    let count = await pair.log.all.count
    try await pair.publish(.updated, id)
    #expect(await pair.log.all.count == count)
  }

  @Test("two kinds with one name are refused")
  func duplicates() async throws {
    let pair = try MemoryPair()
    let kind = Kind(configured: MemoryPair.name, dataType: .blob, isMutable: false)
    let member = Primary.Member(
      kind, strategy: MemoryStrategy(disk: pair.source), states: pair.states,
      source: { SourceAddress(location: $0.text) })
    #expect(throws: ReplicationError.duplicateName(MemoryPair.name)) {
      try Primary(
        name: "x", secondaries: [], members: [member, member], log: pair.log, features: pair.features,
        environment: pair.clock.environment)
    }
  }

  @Test("a caller that requests a sync while it runs gets that one's result")
  func joined() async throws {
    let count = NumberSource()
    let pair = try MemoryPair { _ throws(StrategyError) in
      _ = count.next()
      await Task.yield()
    }
    try await pair.settle()
    let id = try await pair.create("shared")
    try await pair.secondary.consumeEvents()
    let results = try await withThrowingTaskGroup(of: SyncResult.self) { group in
      for _ in 0..<20 { group.addTask { try await pair.secondary.sync(id, MemoryPair.name) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.allSatisfy { if case .synced = $0 { true } else { false } })
    #expect(count.next() <= 20)
  }
}
