import Foundation
import Git
import Testing

@Suite("IndexerInterruption")
struct IndexerInterruptionTests {
  @Test("stops a pack that keeps libgit2 busy for half a minute without a callback", .timeLimit(.minutes(1)))
  func stopsHostilePack() throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    var builder = PackBuilder()
    builder.addRefDelta(
      base: [UInt8](repeating: 0x11, count: 20), PackBuilder.delta(from: 10, to: Array("0123456789".utf8)))
    for number in 1..<30_000 {
      builder.addDeltaOnLast(PackBuilder.delta(from: 10, to: Array(String(1_000_000_000 + number).utf8)))
    }
    let bytes = try builder.bytes(workshop: workshop)
    let interruption = IndexerInterruption()
    let result = try code {
      _ = try index(bytes, in: staging, interruption: interruption) { progress in
        guard progress.receivedObjects == progress.totalObjects else { return }
        // The last callback there would be: what follows is half a minute in one pass over the deltas.
        Thread.detachNewThread { interruption.interrupt() }
      }
    }
    #expect(result == .interrupted)
    #expect(try workshop.files(in: staging) == [])
  }

  struct Cancelled: Error, Equatable {}

  @Test("the progress closure gives the reason, when it has one")
  func asksForTheReason() throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    let bytes = try workshop.pack(of: workshop.repository(commits: 30))
    let interruption = IndexerInterruption()
    var isCancelled = false
    #expect(throws: Cancelled()) {
      _ = try index(bytes, in: staging, interruption: interruption) { progress in
        if isCancelled { throw Cancelled() }
        guard progress.indexedDeltas == 1 else { return }
        isCancelled = true
        interruption.interrupt()
      }
    }
    #expect(try workshop.files(in: staging) == [])
  }

  @Test("an interruption before the start stops the first call")
  func beforeTheStart() throws {
    let workshop = try Workshop()
    let staging = try workshop.directory("staging")
    let bytes = try workshop.pack(of: workshop.repository())
    let interruption = IndexerInterruption()
    interruption.interrupt()
    #expect(try code { _ = try index(bytes, in: staging, interruption: interruption) } == .interrupted)
    #expect(try workshop.files(in: staging) == [])
  }

  @Test("a finished pack is out of its reach")
  func afterTheEnd() throws {
    let workshop = try Workshop()
    let bytes = try workshop.pack(of: workshop.repository())
    let interruption = IndexerInterruption()
    let pack = try #require(try index(bytes, in: workshop.directory("staging"), interruption: interruption))
    interruption.interrupt()
    #expect(try workshop.bytes(of: pack.packPath) == bytes)
  }
}
