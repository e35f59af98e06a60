import BlobReplication
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("Readers of a file that is being replaced", .timeLimit(.minutes(5)))
struct ReaderTests {
  private struct Tally: Sendable {
    var isOver = false
    var counts: [Checksum: Int] = [:]
    var failures: [String] = []
  }

  @Test("see the old bytes or the new ones, whole, and never nothing") func readers() async throws {
    let fixture = try BlobFixture()
    let contents = [BlobFixture.content(700_000, seed: 1), BlobFixture.content(400_000, seed: 2)]
    try fixture.put(contents[0], at: "file")
    let sources = try contents.enumerated().map { try fixture.source($1, name: "source\($0)") }
    let tally = Monitor(Tally())
    let path = FilePath(fixture.path("file"))
    let readers = (0..<2).map { _ in
      Task {
        try await OwnThread.run {
          while !tally.current.isOver {
            do {
              let bytes = try RealFileSystem().contents(of: path, limit: 1 << 20)
              tally.with { $0.counts[BlobFixture.checksum(bytes ?? []), default: 0] += 1 }
            } catch {
              tally.with { $0.failures.append("\(error)") }
            }
          }
        }
      }
    }
    let strategy = fixture.strategy(isMutable: true)
    for round in 1...40 {
      let source = sources[round % 2]
      #expect(try await strategy.sync(SyncRequest(id: ReplicableID("file"), source: source)).hasChanged)
    }
    // Each reader has looked at least once.
    _ = try await OwnThread.run { tally.wait(atMost: .seconds(60)) { $0.counts.values.reduce(0, +) > 10 } }
    tally.with { $0.isOver = true }
    for reader in readers { try await reader.value }
    let seen = tally.current
    #expect(seen.failures == [])
    #expect(Set(seen.counts.keys).isSubset(of: contents.map(BlobFixture.checksum)))
    print("readers saw \(seen.counts.values.reduce(0, +)) whole files during 40 replacements")
  }
}
