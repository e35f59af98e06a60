import Replication
import Testing

@Suite("A primary")
struct PrimaryTests {
  @Test("without secondaries nothing is published, and the checksum is still read")
  func alone() async throws {
    let pair = try MemoryPair(secondaries: [])
    let id = try await pair.create("alone")
    #expect(await pair.log.all.isEmpty)
    #expect(try await pair.primary.checksumDue() == 1)
    #expect(await pair.states.state(of: id)?.reading != nil)
  }

  @Test("a reading's generation is the last event before the content was read")
  func readingGeneration() async throws {
    let pair = try MemoryPair()
    let id = try await pair.create("read")
    let reading = try #require(try await pair.primary.checksum(id, MemoryPair.name))
    #expect(reading.generation.id == 1)
    let event = try #require(await pair.log.all.last)
    #expect(event.name == .checksumSucceeded && event.payload.reading == reading)
    try await pair.publish(.updated, id)
    #expect(await pair.states.state(of: id)?.verificationState == .pending)
  }

  @Test("a verification uses a reading that is new enough, else a bracket")
  func basis() async throws {
    let pair = try MemoryPair()
    try await pair.settle()
    let id = try await pair.create("based")
    try await pair.primary.checksumDue()
    try await pair.secondary.consumeEvents()
    _ = try await pair.secondary.sync(id, MemoryPair.name)
    #expect(try await pair.secondary.verify(id, MemoryPair.name) == .succeeded(.reading))
    pair.source.set(id, "refs/heads/main", "2")
    try await pair.publish(.updated, id)
    try await pair.secondary.consumeEvents()
    _ = try await pair.secondary.sync(id, MemoryPair.name)
    #expect(try await pair.secondary.verify(id, MemoryPair.name) == .succeeded(.bracket))
  }

  @Test("a content that cannot be read fails with back-off and is read again")
  func unreadable() async throws {
    let pair = try MemoryPair()
    let id = try await pair.create("damaged")
    pair.source.change { _ = $0.unreadable.insert(id) }
    #expect(try await pair.primary.checksumDue() == 0)
    let state = try #require(await pair.states.state(of: id))
    #expect(state.verificationState == .failed && state.verificationFailure != nil)
    #expect(try await pair.primary.checksumDue() == 0)
    pair.source.change { $0.unreadable.removeAll() }
    pair.clock.advance(by: .seconds(75))
    #expect(try await pair.primary.checksumDue() == 1)
    #expect(await pair.states.state(of: id)?.verificationState == .succeeded)
  }

  @Test("what a process had begun when it died is done again")
  func recover() async throws {
    let pair = try MemoryPair()
    let id = try await pair.create("begun")
    try await pair.states.change(id) { _ = $0?.startReading(at: pair.clock.now) }
    #expect(try await pair.primary.checksumDue() == 0)
    try await pair.primary.recover()
    #expect(try await pair.primary.checksumDue() == 1)
  }

  @Test("what a log restored from a backup has forgotten is published again, and what counted in it is void")
  func restoredLog() async throws {
    let pair = try MemoryPair()
    let kept = try await pair.create("kept")
    let lost = try await pair.create("lost")
    try await pair.publish(.updated, lost)
    try await pair.primary.checksumDue()
    let before = await pair.log.all
    #expect(before.count == 5)
    await pair.log.fork(to: 1, keeping: 1)
    try await pair.primary.recover()
    let again = await pair.log.all
    #expect(again.dropFirst().map(\.payload.modelRecordID) == [lost])
    #expect(again.last?.payload.reason == "log_restored" && again.last?.id == 2)
    let state = try #require(await pair.states.state(of: lost))
    #expect(state.generation?.id == 2 && state.reading == nil && state.verificationState == .pending)
    // Its event is still published, its reading counted in what was forgotten.
    let other = try #require(await pair.states.state(of: kept))
    #expect(other.generation?.id == 1 && other.reading == nil && other.verificationState == .pending)
    // Once is enough.
    try await pair.primary.recover()
    #expect(await pair.log.all == again)
  }
}
