import DurableFiles
import RegistryStore
import Replication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

/// What the primary does not offer, in files and counts.
@Suite struct NotOfferedTests {
  private static let now = RegistryFixture.start

  @Test func `entries of what is not offered are counted apart, not due, and the same after a restart`() async throws {
    let fixture = try RegistryFixture()
    let ids = try ["a", "b", "c", "d"].map { try ReplicableID($0) }
    let kept = try await fixture.with { registry in
      for id in ids {
        try await registry.change(id) { entry, make in
          entry = make(id, at: Self.now)
          if let ticket = entry?.startSync(at: Self.now) { _ = entry?.finishSync(ticket, at: Self.now + .seconds(5)) }
        }
      }
      try await registry.change(ids[0]) { entry, _ in entry?.withhold(.excluded, at: Self.now + .seconds(9)) }
      try await registry.change(ids[1]) { entry, _ in entry?.withhold(.broken, at: Self.now + .seconds(9)) }
      try await Self.check(registry, ids)
      return try await RegistryFixture.all(registry)
    }
    try await fixture.with { registry in
      #expect(try await RegistryFixture.all(registry) == kept)
      try await Self.check(registry, ids)
      try await registry.change(ids[0]) { entry, _ in
        _ = entry?.announce(nil, incarnation: nil, at: Self.now + .seconds(20))
      }
      #expect(try await registry.entry(of: ids[0])?.notOffered == nil)
      #expect(try await registry.dueForSync(at: Self.now, limit: 10).map(\.replicableID) == [ids[0]])
      #expect(try await registry.counts(at: Self.now).notOffered == [.broken: 1])
    }
  }

  private static func check(_ registry: DurableRegistry, _ ids: [ReplicableID]) async throws {
    let counts = try await registry.counts(at: now)
    #expect(counts.notOffered == [.excluded: 1, .broken: 1] && counts.states == [.synced: 2] && counts.total == 4)
    #expect(counts.verificationStates == [.pending: 2] && counts.needsVerification == 2)
    #expect(try await registry.dueForSync(at: now + .seconds(9_999), limit: 10).isEmpty)
    #expect(try await registry.notOffered(limit: 10).map(\.replicableID) == [ids[0], ids[1]])
    #expect(try await registry.notOffered(limit: 1).count == 1)
    let entry = try #require(try await registry.entry(of: ids[0]))
    #expect(entry.notOfferedAt == now + .seconds(9) && entry.lastSuccessAt == now + .seconds(5))
  }

  @Test func `states of what is not offered, and of what is gone, are in no count and read by nothing`() async throws {
    let directory = try TemporaryDirectory("states")
    let pool = WorkerPool(name: "states", threads: 2, waitingLimit: 100)
    let state = try StateDirectory(FilePath(directory.path("state")))
    let ids = try (0..<6).map { try ReplicableID("r\($0)") }
    func check(_ states: DurablePrimaryStates) async throws {
      #expect(try await states.counts() == [.pending: 3])
      #expect(try await states.notOfferedCounts() == [.excluded: 1, .broken: 1])
      #expect(try await states.dueForChecksum(at: Self.now, limit: 10).map(\.replicableID) == [ids[3], ids[4], ids[5]])
      #expect(try await states.notOffered(limit: 10).map(\.replicableID).sorted() == [ids[0], ids[1]])
      #expect(try await states.state(of: ids[1])?.notOfferedReason == "it has no HEAD")
      #expect(try await states.state(of: ids[2])?.goneAt == Self.now)
      #expect(try await states.window(after: nil, limit: 10).count == 6)
    }
    let states = try await DurablePrimaryStates.open("thing", in: state, pool: pool)
    try await states.changeAll(ids) { id, state in
      state = PrimaryState(replicableID: id, incarnation: Incarnation(UInt64(id.text.dropFirst()) ?? 0))
    }
    try await states.change(ids[0]) { $0?.withhold(.excluded, nil) }
    try await states.change(ids[1]) { $0?.withhold(.broken, "it has no HEAD") }
    try await states.change(ids[2]) { $0?.depart(at: Self.now) }
    try await check(states)
    await states.close()
    let again = try await DurablePrimaryStates.open("thing", in: state, pool: pool)
    try await check(again)
    await again.close()
    state.close()
    await pool.shutdown()
  }
}
