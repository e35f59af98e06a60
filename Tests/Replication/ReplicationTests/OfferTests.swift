import Replication
import Synchronization
import Testing

@Suite("What a primary offers, and what it does not")
struct OfferTests {
  /// A model whose `availableReplicables` a test decides.
  private struct Paper: Replicable {
    typealias ReplicatorType = PaperReplicator
    let replicableID: ReplicableID
    static let withheld = Mutex<Set<String>>([])

    static func availableReplicables(among ids: [ReplicableID]) async throws -> [ReplicableID] {
      ids.filter { id in !withheld.withLock { $0.contains(id.text) } }
    }
  }

  private struct PaperReplicator: RepositoryReplicator {
    typealias Model = Paper
    let modelRecordID: ReplicableID
  }

  private struct Sites {
    let clock = MemoryPair.Clock()
    let source = MemoryDisk()
    let copies = MemoryDisk()
    let log = MemoryLog()
    let states = MemoryStates()
    let registry = MemoryRegistry()
    let primary: Primary
    let secondary: Secondary

    /// - Parameter exclude: the primary's rule.
    init(exclude: [String] = []) throws {
      primary = try Primary(
        name: "source", secondaries: ["copy"],
        members: [
          Primary.Member(
            PaperReplicator.kind, strategy: MemoryStrategy(disk: source), states: states,
            selection: try SelectiveSync(include: ["**"], exclude: exclude),
            source: { SourceAddress(location: "memory:\($0)") })
        ], log: log, features: MemoryFeatures(), environment: clock.environment)
      secondary = try Secondary(
        name: "copy", of: primary,
        members: [
          Secondary.Member(
            PaperReplicator.kind, strategy: MemoryStrategy(disk: copies, source: source), registry: registry,
            differences: MemoryDifferences())
        ], features: MemoryFeatures(), environment: clock.environment)
    }

    func settle() async throws {
      try await secondary.consumeEvents()
      try await secondary.work()
    }
  }

  /// How a secondary learns that something is not offered any more.
  enum Way: String, CaseIterable, Sendable {
    case scan, pass, reverify, resync, update
  }

  @Test("what is no longer available is neither synced nor verified, however that is learnt", arguments: Way.allCases)
  func unavailable(way: Way) async throws {
    let sites = try Sites()
    let id = try ReplicableID("unavailable-\(way.rawValue)")
    try await sites.settle()
    sites.source.create(id, ["refs/heads/main": "1"])
    try await sites.primary.publish(.created, of: id, "paper")
    try await sites.settle()
    try await sites.primary.checksumDue()
    try await sites.settle()
    #expect(await sites.registry.entry(of: id)?.verificationState == .succeeded)
    Paper.withheld.withLock { _ = $0.insert(id.text) }
    sites.source.set(id, "refs/heads/main", "2")
    let before = await sites.log.all.count
    switch way {
    case .scan: _ = try await sites.primary.scan("paper")
    case .pass: try await sites.secondary.reconcile("paper")
    case .reverify: try await sites.secondary.reverify(id, "paper")
    case .resync: try await sites.secondary.resync(id, "paper")
    case .update:
      #expect(try await sites.primary.publish(.updated, of: id, "paper") == nil)
      #expect(await sites.log.all.count == before)
      // An event of before that comes late.
      try await sites.secondary.reconcile("paper")
    }
    try await sites.settle()
    let entry = try #require(await sites.registry.entry(of: id))
    if way == .resync {
      // The copy is equal now, and what is not offered is found at the verification.
      #expect(entry.verificationState != .succeeded)
    } else {
      #expect(sites.copies.items[id]?.lines == ["refs/heads/main": "1"], "the copy stays as it was")
    }
    #expect(entry.notOffered == .unavailable && entry.state == .pending && entry.verificationState == .disabled)
    #expect(!entry.isDueForSync(at: sites.clock.now) && entry.lastSuccessAt != nil)
    let counts = await sites.registry.counts(at: sites.clock.now)
    #expect(counts.notOffered == [.unavailable: 1] && counts.states.isEmpty && counts.total == 1)
    #expect(try await sites.primary.catalog(of: "paper", after: nil, limit: 10).rows.isEmpty)
    #expect(
      try await sites.primary.standing(of: id, incarnation: entry.incarnation, "paper") == .notOffered(.unavailable))
    await #expect(throws: PrimaryAccessError.missing) {
      try await sites.primary.listing(of: id, incarnation: nil, "paper")
    }

    // Offered again: the next scan reports it, and all is as it was.
    Paper.withheld.withLock { _ = $0.remove(id.text) }
    _ = try await sites.primary.scan("paper")
    try await sites.primary.checksumDue()
    try await sites.secondary.reconcile("paper")
    try await sites.settle()
    let again = try #require(await sites.registry.entry(of: id))
    #expect(again.notOffered == nil && again.state == .synced && again.verificationState == .succeeded)
    #expect(sites.copies.items[id]?.lines == ["refs/heads/main": "2"])
  }

  @Test("what the rules exclude is not gone: nothing of it is removed")
  func excluded() async throws {
    let sites = try Sites(exclude: ["secret/**"])
    let id = try ReplicableID("secret/x")
    for name in ["other-a", "other-b"] { sites.source.create(try ReplicableID(name), ["refs/heads/main": "1"]) }
    sites.source.create(id, ["refs/heads/main": "1"])
    #expect(try await sites.primary.publish(.created, of: id, "paper") == nil)
    #expect(try await sites.primary.standing(of: id, incarnation: nil, "paper") == .notOffered(.excluded))
    // A copy of before the rule.
    sites.copies.create(id, ["refs/heads/main": "0"])
    let now = sites.clock.now
    try await sites.registry.change(id) { entry, make in entry = make(id, at: now) }
    try await sites.settle()
    try await sites.secondary.reconcile("paper")
    #expect(await sites.registry.entry(of: id)?.notOffered == .excluded)
    #expect(sites.copies.items[id] != nil && sites.copies.change { $0.trash.isEmpty })
    #expect(try await sites.secondary.waitingRemovals("paper").isEmpty)
    // Gone from the disk, it goes here too.
    sites.source.remove(id)
    try await sites.secondary.reconcile("paper")
    #expect(await sites.registry.entry(of: id) == nil)
  }

  @Test("a reading of before says nothing of what is not offered now")
  func oldReading() async throws {
    let sites = try Sites()
    let id = try ReplicableID("old-reading")
    try await sites.settle()
    sites.source.create(id, ["refs/heads/main": "1"])
    try await sites.primary.publish(.created, of: id, "paper")
    try await sites.primary.checksumDue()
    try await sites.secondary.consumeEvents()
    _ = try await sites.secondary.sync(id, "paper")
    Paper.withheld.withLock { _ = $0.insert(id.text) }
    // The reading came with the event, and the copy equals it; but that is a while ago.
    sites.clock.advance(by: .seconds(61))
    #expect(try await sites.secondary.verify(id, "paper") == .notDue)
    #expect(await sites.registry.entry(of: id)?.notOffered == .unavailable)
    Paper.withheld.withLock { _ = $0.remove(id.text) }
  }

  @Test("the primary's own counts have nothing of what it does not offer")
  func primaryCounts() async throws {
    let sites = try Sites()
    for name in ["counted-a", "counted-b"] { sites.source.create(try ReplicableID(name), ["refs/heads/main": "1"]) }
    _ = try await sites.primary.scan("paper")
    try await sites.primary.checksumDue()
    #expect(await sites.states.counts() == [.succeeded: 2])
    Paper.withheld.withLock { _ = $0.insert("counted-b") }
    _ = try await sites.primary.scan("paper")
    #expect(await sites.states.counts() == [.succeeded: 1])
    #expect(try await sites.states.notOfferedCounts() == [.unavailable: 1])
    try await sites.primary.checksumDue()
    #expect(await sites.states.counts() == [.succeeded: 1], "it is not read")
    Paper.withheld.withLock { _ = $0.remove("counted-b") }
    _ = try await sites.primary.scan("paper")
    try await sites.primary.checksumDue()
    #expect(await sites.states.counts() == [.succeeded: 2])
  }

  @Test("what broke on the primary is not offered; its copy stays, and is synced when it is whole again")
  func broken() async throws {
    let sites = try Sites()
    try await sites.settle()
    let id = try ReplicableID("breaks")
    sites.source.create(id, ["refs/heads/main": "1"])
    sites.source.create(try ReplicableID("stays"), ["refs/heads/main": "1"])
    try await sites.primary.publish(.created, of: id, "paper")
    try await sites.settle()
    sites.source.change { _ = $0.broken.insert(id) }
    _ = try await sites.primary.scan("paper")
    try await sites.settle()
    #expect(await sites.registry.entry(of: id)?.notOffered == .broken)
    #expect(sites.copies.items[id] != nil)
    sites.source.change { _ = $0.broken.remove(id) }
    _ = try await sites.primary.scan("paper")
    try await sites.settle()
    #expect(await sites.registry.entry(of: id)?.verificationState == .succeeded)
  }
}
