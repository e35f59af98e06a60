import Replication
import Testing

/// What the removal guard counts, and what neither a day nor new entries change.
@Suite("The removal guard over days")
struct RemovalGuardDayTests {
  private static func remove(_ numbers: Range<Int>, _ host: MemoryHost) throws {
    for number in numbers { host.source.remove(try ReplicableID("r\(number)")) }
  }

  @Test("what waits is not removed by the next day")
  func nextDay() async throws {
    let host = try await MemoryHost.settled(12)
    try Self.remove(0..<10, host)
    try await host.settle()
    #expect(host.trashCount == 3)
    for _ in 0..<3 {
      host.clock.advance(by: .seconds(86_401))
      try await host.settle()
    }
    #expect(host.trashCount == 3)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).count == 7)
  }

  @Test("many new entries make no room for the removal of the last copies", arguments: [false, true])
  func newEntries(isRestarted: Bool) async throws {
    let host = try await MemoryHost.settled(12)
    try Self.remove(0..<12, host)
    for number in 0..<200 { host.source.create(try ReplicableID("new\(number)"), ["root": "n\(number)"]) }
    _ = try await host.primary.scan(MemoryHost.name)
    if isRestarted { try await host.restartSecondary() }
    try await host.secondary.reconcile(MemoryHost.name)
    #expect(host.trashCount == 3)
    try await host.settle()
    #expect(host.trashCount == 3)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).count == 9)
  }

  @Test("an emptied trash does not begin the day anew")
  func emptied() async throws {
    let host = try await MemoryHost.settled(12)
    try Self.remove(0..<3, host)
    try await host.settle()
    #expect(host.trashCount == 3)
    host.clock.advance(by: .seconds(60))
    try await host.secondary.emptyTrash(olderThan: .zero, displacedAge: .zero)
    #expect(host.trashCount == 0)
    try Self.remove(3..<6, host)
    try await host.settle()
    #expect(host.trashCount == 0)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).count == 3)
  }

  @Test("an earlier removal of the id of a confirmed one counts")
  func sameID() async throws {
    let host = try await MemoryHost.settled(12)
    try Self.remove(0..<3, host)
    try await host.settle()
    // The same ids again, and gone again: these wait, and are confirmed.
    for number in 0..<3 { host.source.create(try ReplicableID("r\(number)"), ["root": "again\(number)"]) }
    try await host.settle()
    try Self.remove(0..<3, host)
    try await host.settle()
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).count == 3)
    try await host.secondary.confirmRemovals(MemoryHost.name)
    try Self.remove(3..<6, host)
    try await host.settle()
    #expect(host.trashCount == 6)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).count == 3)
  }
}
