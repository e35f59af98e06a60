import Replication
import Synchronization
import Testing

@Suite("The event feed of several kinds")
struct FeedTests {
  /// Why a kind takes no part.
  enum Absence: String, CaseIterable, Sendable {
    case offFromTheStart, switchedOff, unknownToPrimary, catalogUnanswered
  }

  @Test("a kind that takes no part holds up no other", arguments: Absence.allCases)
  func heldUp(absence: Absence) async throws {
    let sites = try MemorySites(
      ["busy", "quiet"], known: absence == .unknownToPrimary ? ["busy"] : nil,
      off: absence == .offFromTheStart ? ["quiet"] : [])
    if absence == .catalogUnanswered { sites.access.counts.withLock { $0.silent = ["quiet"] } }
    try await sites.create("first", of: "busy")
    try await sites.secondary.consumeEvents()
    try await sites.secondary.consumeEvents()
    if absence == .switchedOff { try await sites.secondary.setEnabled(false, "quiet") }
    let before = sites.access.counts.withLock { $0 }
    for number in 0..<5 {
      let id = try await sites.create("r\(number)", of: "busy")
      let report = try await sites.secondary.consumeEvents()
      #expect(report.isFollowing && !report.hasReconciled && report.applied == 1)
      #expect(await sites["busy"].registry.entry(of: id) != nil)
    }
    let after = sites.access.counts.withLock { $0 }
    #expect(after.events == before.events + 5)
    #expect(after.catalogs["busy"] == before.catalogs["busy"], "the catalog serves nothing that events announce")
    #expect(try await sites.secondary.followedCursor()?.id == 6)
    #expect(await sites.cursors()[0] == 6)
  }

  @Test("a kind that the primary does not have is named, and asked for again after a while")
  func unknown() async throws {
    let sites = try MemorySites(["busy", "stranger"], known: ["busy"])
    try await sites.secondary.consumeEvents()
    for _ in 0..<10 { try await sites.secondary.consumeEvents() }
    #expect(sites.access.counts.withLock { $0.catalogs["stranger"] } == 1)
    #expect(try sites.secondary.feedState(of: "stranger").isUnknownToPrimary)
    #expect(try sites.secondary.feedState(of: "busy").isUnknownToPrimary == false)
    await #expect(throws: PrimaryAccessError.unknownKind) { try await sites.secondary.reconcile("stranger") }
    sites.clock.advance(by: .seconds(61))
    try await sites.secondary.consumeEvents()
    #expect(sites.access.counts.withLock { $0.catalogs["stranger"] } == 3)
    // What it said of others in the meantime is no failure of them.
    #expect(try await sites.secondary.followedCursor() != nil)
  }

  @Test("a kind that is switched on is reconciled alone and then follows, without what others took before")
  func joins() async throws {
    let sites = try MemorySites(["busy", "late"], off: ["late"])
    // Off on the secondary alone.
    await sites.primaryFeatures.set("geo_late_replication", to: true)
    try await sites.secondary.consumeEvents()
    for number in 0..<3 { try await sites.create("r\(number)", of: "busy") }
    let early = try await sites.create("early", of: "late")
    try await sites.secondary.consumeEvents()
    #expect(await sites.cursors() == [4, -1])
    let before = sites.access.counts.withLock { $0.catalogs["busy"] }
    try await sites.secondary.setEnabled(true, "late")
    #expect(await sites["late"].registry.entry(of: early)?.state == .pending)
    #expect(sites.access.counts.withLock { $0.catalogs["busy"] } == before)
    #expect(await sites.cursors() == [4, 4])
    let next = try await sites.create("next", of: "late")
    let report = try await sites.secondary.consumeEvents()
    #expect(report.applied == 1 && !report.hasReconciled)
    #expect(await sites["late"].registry.entry(of: next) != nil)
    #expect(await sites.cursors() == [5, 5])
  }

  @Test("events that one kind has taken already are not applied to it again for the sake of another")
  func ownCursor() async throws {
    let sites = try MemorySites(["ahead", "behind"])
    try await sites.secondary.consumeEvents()
    let start = try #require(await sites["behind"].registry.cursor())
    let one = try await sites.create("one", of: "ahead")
    let two = try await sites.create("two", of: "behind")
    try await sites.secondary.consumeEvents()
    try await sites.secondary.work()
    let synced = try #require(await sites["ahead"].registry.entry(of: one))
    // As after a crash between the saving of the two cursors.
    await sites["behind"].registry.advance(to: start)
    let report = try await sites.secondary.consumeEvents()
    #expect(report.applied == 1 && report.announced.map(\.id) == [two])
    #expect(await sites["ahead"].registry.entry(of: one) == synced)
    #expect(await sites.cursors() == [2, 2])
  }

  @Test("a log that is another one is followed by each kind after its own catalog", arguments: [0, 1])
  func otherLog(silent: Int) async throws {
    let sites = try MemorySites(["a", "b"])
    try await sites.secondary.consumeEvents()
    try await sites.create("x", of: "a")
    try await sites.create("y", of: "b")
    try await sites.secondary.consumeEvents()
    await sites.log.fork(to: 2, keeping: 0)
    if silent == 1 { sites.access.counts.withLock { $0.silent = ["b"] } }
    #expect(try await sites.secondary.consumeEvents().hasReconciled)
    #expect(await sites["a"].registry.cursor()?.log == LogID(2))
    #expect(await sites["b"].registry.cursor()?.log == LogID(silent == 1 ? 1 : 2))
    // The one that was compared follows, whatever the other does.
    let next = try await sites.create("next", of: "a")
    let report = try await sites.secondary.consumeEvents()
    #expect(report.applied == 1 && report.announced.map(\.id) == [next])
    sites.access.counts.withLock { $0.silent = [] }
    try await sites.secondary.consumeEvents()
    #expect(await sites["b"].registry.cursor()?.log == LogID(2))
  }

  @Test("pruned events cost only the kind that has not taken them a catalog")
  func pruned() async throws {
    let sites = try MemorySites(["near", "far"])
    try await sites.secondary.consumeEvents()
    let start = try #require(await sites["far"].registry.cursor())
    for number in 0..<4 { try await sites.create("r\(number)", of: "near") }
    try await sites.secondary.consumeEvents()
    await sites["far"].registry.advance(to: start)
    await sites.log.prune(through: 3)
    let before = sites.access.counts.withLock { $0.catalogs }
    #expect(try await sites.secondary.consumeEvents().hasReconciled)
    let after = sites.access.counts.withLock { $0.catalogs }
    #expect(after["near"] == before["near"] && after["far"] == (before["far"] ?? 0) + 1)
    #expect(await sites.cursors() == [4, 4])
  }

  @Test("when a kind was last compared with a complete catalog is reported from the start of the process")
  func comparisons() async throws {
    let sites = try MemorySites(["full", "empty", "cut"])
    try await sites.create("x", of: "full")
    try await sites.create("y", of: "cut")
    sites["cut"].source.change { $0.isComplete = false }
    #expect(try sites.secondary.feedState(of: "full").lastComplete == nil)
    try await sites.secondary.consumeEvents()
    #expect(try sites.secondary.feedState(of: "full").lastComplete?.endedAt == sites.clock.now)
    // Nothing on either side: there is nothing that an incomplete listing could have hidden.
    #expect(try sites.secondary.feedState(of: "empty").lastComplete != nil)
    let cut = try sites.secondary.feedState(of: "cut")
    #expect(cut.lastComplete == nil && cut.lastComparison?.isComplete == false)
  }

  @Test("a kind that is off on the primary is reported as off")
  func offOnPrimary() async throws {
    let sites = try MemorySites(["a"])
    try await sites.create("x", of: "a")
    try await sites.secondary.consumeEvents()
    await sites.primaryFeatures.set("geo_a_replication", to: false)
    try await sites.secondary.reconcile("a")
    #expect(try sites.secondary.feedState(of: "a").isOffOnPrimary)
    await sites.primaryFeatures.set("geo_a_replication", to: true)
    try await sites.secondary.reconcile("a")
    #expect(try sites.secondary.feedState(of: "a").isOffOnPrimary == false)
  }

  @Test(
    "the lag of a change counts from the primary's event, also when the catalog announces it", arguments: [true, false])
  func lag(isPruned: Bool) async throws {
    let sites = try MemorySites(["a"])
    try await sites.secondary.consumeEvents()
    let id = try await sites.create("x", of: "a")
    let published = sites.clock.now
    sites.clock.advance(by: .seconds(100))
    if isPruned { await sites.log.prune(through: 1) }
    #expect(try await sites.secondary.consumeEvents().hasReconciled == isPruned)
    #expect(await sites["a"].registry.entry(of: id)?.announcedAt == published)
  }

  @Test("a site that begins is not as late as what it finds is old")
  func firstPass() async throws {
    let sites = try MemorySites(["a"])
    let id = try await sites.create("x", of: "a")
    sites.clock.advance(by: .seconds(100))
    try await sites.secondary.consumeEvents()
    #expect(await sites["a"].registry.entry(of: id)?.announcedAt == sites.clock.now)
  }
}
