import Replication
import Synchronization
import Testing

@Suite("Upkeep of copies on a secondary")
struct UpkeepTests {
  private static let month = Duration.seconds(30 * 86_400)

  private func pairWithCopy(isDiskBad: Bool = false) async throws -> (MemoryPair, ReplicableID) {
    let pair = try MemoryPair(isDiskBad: isDiskBad)
    try await pair.settle()
    let id = try await pair.create("a/b")
    try await pair.settle()
    return (pair, id)
  }

  private func due(_ pair: MemoryPair) async -> [ReplicableID] {
    await pair.registry.dueForCheck(at: pair.clock.now, interval: Self.month, limit: 10).map(\.replicableID)
  }

  @Test("a copy is due for its first check when it is synced, and again after the interval")
  func interval() async throws {
    let (pair, id) = try await pairWithCopy()
    #expect(await due(pair) == [id])
    #expect(try await pair.secondary.check(id, MemoryPair.name) == .whole)
    #expect(await pair.entry(id)?.checkedAt == pair.clock.now)
    #expect(await due(pair).isEmpty)
    pair.clock.advance(by: Self.month - .seconds(1))
    #expect(await due(pair).isEmpty)
    pair.clock.advance(by: .seconds(1))
    #expect(await due(pair) == [id])
    // A clock that is put back by months must not put the check off by months.
    pair.clock.advance(by: .zero - Self.month - Self.month)
    #expect(await due(pair) == [id])
  }

  @Test("what a check finds damaged is fetched anew, checked again and then forgotten")
  func repair() async throws {
    let (pair, id) = try await pairWithCopy()
    pair.copies.change { _ = $0.damaged.insert(id) }
    let found = try await pair.secondary.check(id, MemoryPair.name)
    #expect(found == .damaged("pack-1.pack: damaged (and 1 more)"))
    let failed = try #require(await pair.entry(id))
    #expect(failed.checkFailure == "pack-1.pack: damaged (and 1 more)" && failed.checkRetryCount == 1)
    #expect(failed.forceToRedownload && failed.state == .pending)
    #expect(await due(pair).isEmpty, "what waits for its download needs no look")
    #expect(await pair.registry.counts(at: pair.clock.now).damaged == 1)
    try await pair.settle()
    let fresh = try #require(await pair.entry(id))
    #expect(fresh.state == .synced && !fresh.forceToRedownload && fresh.checkFailure != nil)
    #expect(await due(pair) == [id])
    #expect(try await pair.secondary.check(id, MemoryPair.name) == .whole)
    let mended = try #require(await pair.entry(id))
    #expect(mended.checkFailure == nil && mended.checkRetryCount == 0)
    #expect(await pair.registry.counts(at: pair.clock.now).damaged == 0)
  }

  @Test("a disk that damages whatever is written causes ever fewer downloads, never an end of them")
  func failingDisk() async throws {
    let (pair, id) = try await pairWithCopy(isDiskBad: true)
    pair.copies.change { _ = $0.damaged.insert(id) }
    var waits: [Duration] = []
    for _ in 0..<9 {
      let begun = pair.clock.now
      while await due(pair).isEmpty { pair.clock.advance(by: .seconds(60)) }
      waits.append(pair.clock.now - begun)
      guard case .damaged = try await pair.secondary.check(id, MemoryPair.name) else {
        Issue.record("the damage was not found")
        return
      }
      try await pair.settle()
    }
    #expect(waits == [0, 0, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 86_400].map { .seconds($0) })
    #expect(await pair.entry(id)?.checkRetryCount == 9)
  }

  @Test("a check that could not be made records nothing")
  func paused() async throws {
    let box = Mutex(false)
    let pair = try MemoryPair { id throws(StrategyError) in
      if box.withLock({ $0 }) { throw StrategyError(.fileSystem, "check '\(id)': no memory", disposition: .host) }
    }
    try await pair.settle()
    let id = try await pair.create("a")
    try await pair.settle()
    let before = await pair.entry(id)
    box.withLock { $0 = true }
    #expect(try await pair.secondary.check(id, MemoryPair.name) == .paused(Pause(.machine, "check 'a': no memory")))
    #expect(
      try await pair.secondary.housekeep(id, MemoryPair.name, isThorough: true)
        == .paused(Pause(.machine, "check 'a': no memory")))
    #expect(await pair.entry(id) == before)
  }

  @Test("a copy that is gone is fetched anew")
  func gone() async throws {
    let (pair, id) = try await pairWithCopy()
    pair.copies.remove(id)
    guard case .damaged = try await pair.secondary.check(id, MemoryPair.name) else {
      Issue.record("nobody missed it")
      return
    }
    try await pair.settle()
    #expect(pair.copies.items[id] != nil)
  }

  @Test("what an object check finds while a sync writes counts only when a second look finds it alone")
  func secondLook() async throws {
    let looks = Mutex(0)
    let box = Mutex<MemoryPair?>(nil)
    let pair = try MemoryPair { id throws(StrategyError) in
      // The first look sees a pack that is just being replaced; the second one a sound copy.
      guard let pair = box.withLock({ $0 }) else { return }
      let count = looks.withLock { looks in
        looks += 1
        return looks
      }
      pair.copies.change { content in
        if count == 1 { content.damaged.insert(id) } else { content.damaged.remove(id) }
      }
    }
    try await pair.settle()
    let id = try await pair.create("a")
    try await pair.settle()
    box.withLock { $0 = pair }
    #expect(try await pair.secondary.check(id, MemoryPair.name) == .whole)
    #expect(looks.withLock { $0 } == 2)
    #expect(await pair.entry(id)?.forceToRedownload == false)
    box.withLock { $0 = nil }
  }

  @Test("a check of a copy that has gone to the trash, or was made anew, is no result for what is there now")
  func otherEntry() async throws {
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
    let id = try await pair.create("a")
    try await pair.settle()
    box.withLock {
      $0 = {
        pair.copies.change { _ = $0.damaged.insert(id) }
        _ = try await pair.registry.change(id) { entry, make in entry = make(id, at: pair.clock.now) }
      }
    }
    #expect(try await pair.secondary.check(id, MemoryPair.name) == .notDue)
    #expect(await pair.entry(id)?.checkFailure == nil)
  }

  @Test("a housekeeping makes a check due, and is none for what is not tracked")
  func housekeeping() async throws {
    let (pair, id) = try await pairWithCopy()
    _ = try await pair.secondary.check(id, MemoryPair.name)
    #expect(await due(pair).isEmpty)
    guard case .done(let report) = try await pair.secondary.housekeep(id, MemoryPair.name, isThorough: true) else {
      Issue.record("it was not done")
      return
    }
    #expect(report.hasRewritten)
    #expect(pair.copies.change { $0.housekept.map(\.id) } == [id])
    #expect(await due(pair) == [id])
    #expect(await pair.entry(id)?.checkedAt != nil, "when it was checked last stays known")
    let stranger = try ReplicableID("stranger")
    #expect(try await pair.secondary.housekeep(stranger, MemoryPair.name, isThorough: false) == .notDue)
    #expect(try await pair.secondary.check(stranger, MemoryPair.name) == .notDue)
  }

  @Test("files need no upkeep")
  func blobs() async throws {
    let pair = try MemoryPair(dataType: .blob)
    try await pair.settle()
    let id = try await pair.create("a")
    try await pair.settle()
    #expect(try await pair.secondary.check(id, MemoryPair.name) == .notDue)
    #expect(try await pair.secondary.housekeep(id, MemoryPair.name, isThorough: true) == .notDue)
  }

  @Test("what was checked, found and asked for outlives a sync and a restart")
  func standing() throws {
    for standing in EntryStanding.allCases {
      var (entry, _, _) = try standing.make()
      guard let ticket = entry.startCheck() else {
        #expect(![.synced, .verifying, .verified].contains(standing), "\(standing)")
        continue
      }
      #expect([.synced, .verifying, .verified].contains(standing), "\(standing)")
      let isTaken = entry.failCheck(ticket, String(repeating: "x", count: 300), at: Sample.start)
      #expect(isTaken)
      #expect(entry.checkFailure?.count == 255)
      #expect(entry.state == .pending && entry.forceToRedownload && entry.verificationState == .disabled)
      entry.recoverAfterRestart()
      let sync = try entry.beginSync(at: Sample.start)
      #expect(sync.forceToRedownload)
      _ = entry.finishSync(sync)
      #expect(entry.checkFailure != nil && entry.isDueForCheck(at: Sample.start, interval: Self.month))
    }
  }
}
