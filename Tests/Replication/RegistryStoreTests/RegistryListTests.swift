import Foundation
import RegistryStore
import Replication
import TestSupport
import Testing

@Suite("Lists of a registry")
struct RegistryListTests {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)

  /// Entries in all states, many with equal times; `share` of a hundred wait.
  private static func fill(_ registry: DurableRegistry, _ count: Int, waiting share: Int) async throws {
    let ids = try (0..<count).map { try ReplicableID("group-\($0 % 7)/thing-\($0)") }
    try await registry.changeAll(ids.shuffled()) { id, entry, make in
      var random = SeededGenerator(seed: UInt64(id.text.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF))
      var new = make(id, at: start)
      _ = new.announce(Generation(log: LogID(7), id: 1), incarnation: Incarnation(random.next()), at: start)
      let now = start + .seconds(Int.random(in: 0..<50, using: &random))
      if Int.random(in: 0..<100, using: &random) >= share, let ticket = new.startSync(at: now) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: new.failSync(ticket, "no luck", missingOnPrimary: false, at: now, using: &random)
        case 1: _ = new.finishSync(ticket)
        case 2: break
        default:
          _ = new.finishSync(ticket)
          if let ticket = new.startVerification(at: now) {
            _ = new.succeedVerification(ticket, Checksum(sha256: [UInt8](repeating: 3, count: 32)), at: now)
          }
        }
      }
      entry = new
    }
  }

  private static func pages(_ registry: DurableRegistry, _ query: RegistryQuery) async throws -> [RegistryEntry] {
    var (query, all) = (query, [RegistryEntry]())
    while true {
      let part = try await registry.part(query)
      all = query.isBackwards ? part.entries + all : all + part.entries
      guard let last = query.isBackwards ? part.entries.first : part.entries.last, part.hasMore else { return all }
      query.position = query.position(of: last)
    }
  }

  private static func expectLists(_ registry: DurableRegistry, limit: Int) async throws {
    let all = try await RegistryFixture.all(registry)
    let states: [SyncState?] = [nil, .pending, .started, .failed, .synced]
    let verifications: [VerificationState?] = [nil, .pending, .succeeded, .started, .disabled]
    for order in RegistryQuery.Order.allCases {
      for (state, verification) in states.flatMap({ state in verifications.map { (state, $0) } }) {
        for prefix in [nil, "group-3/", "group-3/thing-1"] {
          var query = RegistryQuery(order: order, isDescending: prefix != nil, limit: limit)
          (query.state, query.verificationState, query.prefix) = (state, verification, prefix)
          let wanted = all.filter { query.fits($0) }
          let forwards = try await Self.pages(registry, query)
          #expect(Set(forwards) == Set(wanted) && forwards.count == wanted.count)
          let places = forwards.map { query.position(of: $0).order }
          #expect(query.isDescending ? places == places.sorted(by: >) : places == places.sorted())
          query.isBackwards = true
          #expect(try await Self.pages(registry, query) == forwards)
          #expect(try await registry.count(query) == wanted.count)
        }
      }
    }
  }

  @Test("every order, filter and direction gives each entry once")
  func listsFew() async throws {
    try await RegistryFixture().with { registry in
      try await Self.fill(registry, 300, waiting: 30)
      try await Self.expectLists(registry, limit: 7)
    }
  }

  @Test("so it does where too many wait to be sorted", .timeLimit(.minutes(5)))
  func listsMany() async throws {
    try await RegistryFixture().with { registry in
      try await Self.fill(registry, 14_000, waiting: 85)
      try await Self.expectLists(registry, limit: 2_900)
    }
  }

  @Test("the entry that has waited longest is found among any number")
  func longestUnverified() async throws {
    try await RegistryFixture().with { registry in
      try await Self.fill(registry, 50, waiting: 50)
      let oldest = try ReplicableID("oldest")
      try await registry.change(oldest) { entry, make in entry = make(oldest, at: Self.start + .seconds(-60)) }
      #expect(try await registry.longestUnverified()?.replicableID == oldest)
      try await registry.change(oldest) { entry, _ in entry = nil }
      let waiting = try await RegistryFixture.all(registry).compactMap(\.announcedAt)
      #expect(try await registry.longestUnverified()?.announcedAt == waiting.min())
      #expect(!waiting.isEmpty)
    }
  }

  @Test("ids are looked up, and what is not tracked is passed over")
  func listsByID() async throws {
    try await RegistryFixture().with { registry in
      try await Self.fill(registry, 50, waiting: 0)
      var query = RegistryQuery(limit: 10)
      query.ids = [try ReplicableID("group-3/thing-3"), try ReplicableID("group-1/thing-8"), try ReplicableID("gone")]
      let part = try await registry.part(query)
      #expect(Set(part.entries.map(\.replicableID.text)) == ["group-3/thing-3", "group-1/thing-8"] && !part.hasMore)
      #expect(try await registry.count(query) == 2)
    }
  }

  @Test("a page goes on behind an entry that changed its place, or is gone")
  func goesOn() async throws {
    try await RegistryFixture().with { registry in
      try await Self.fill(registry, 100, waiting: 0)
      var query = RegistryQuery(order: .id, limit: 10)
      let first = try await registry.part(query).entries
      let last = try #require(first.last)
      query.position = query.position(of: last)
      let second = try await registry.part(query).entries
      try await registry.change(last.replicableID) { entry, _ in entry = nil }
      #expect(try await registry.part(query).entries == second)
    }
  }
}
