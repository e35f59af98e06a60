import DurableFiles
import Foundation
import Replication
import RepositoryReplication
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Copies that move", .timeLimit(.minutes(10)))
struct MovingTests {
  private static let now = CrashFixture.now

  @Test("a directory that a discard empties stays while a first copy is made in it")
  func sharedParent() async throws {
    try await OwnThread.run {
      let fixture = try CrashFixture()
      let disk = try MemoryDirectory("remora-parent")
      try fixture.lay(in: disk.path)
      let group = disk.path.appending("group")
      let before = try #require(try RealFileSystem().status(of: group))
      // After the new copy's run has looked at its parent, before it has put anything in.
      let neighbour = Neighbour()
      let files = HookedFiles { number in if number == 1 { neighbour.leave() } }
      let strategy = CrashFixture.strategy(disk.path, files)
      neighbour.set(strategy)
      _ = try CrashFixture.blocking {
        try await strategy.sync(
          SyncRequest(id: ReplicableID("group/other"), source: SourceAddress(location: fixture.source)))
      }
      #expect(neighbour.hasLeft)
      let after = try #require(try RealFileSystem().status(of: group))
      #expect(after.isSameFile(as: before))
      withExtendedLifetime(disk) {}
    }
  }

  @Test("a ticket that does not say what lies there restores nothing")
  func forgedTickets() async throws {
    try await StrategyFixture.with { fixture in
      let id = try fixture.build("app")
      _ = try await fixture.sync(id)
      let ticket = try #require(try await fixture.copies.discard(id, entry: nil, at: Self.now))
      var other = ticket
      other.replicableID = try ReplicableID("other")
      var outside = ticket
      outside.name = "../.remora-trash/\(ticket.name)"
      for forged in [other, outside] {
        await #expect {
          try await fixture.copies.restore(forged)
        } throws: { ($0 as? StrategyError)?.code == .missing }
      }
      #expect(try await fixture.copies.trash() == [ticket])
    }
  }

  @Test("a ticket that cannot be read keeps its copy, and holds nothing else up")
  func damagedTicket() async throws {
    try await StrategyFixture.with { fixture in
      for name in ["a", "b"] {
        let id = try fixture.build(name)
        _ = try await fixture.sync(id)
        _ = try await fixture.copies.discard(id, entry: nil, at: Self.now)
      }
      let ticket = try #require(try await fixture.copies.trash().first { $0.replicableID.text == "a" })
      try fixture.directory.write("torn", to: "copies/.remora-trash/\(ticket.name)/ticket.json")
      await #expect {
        _ = try await fixture.copies.trash()
      } throws: { ($0 as? StrategyError)?.code == .broken }
      await #expect {
        _ = try await fixture.copies.emptyTrash(before: Self.now + .seconds(1))
      } throws: { ($0 as? StrategyError)?.code == .broken }
      let left = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path("copies/.remora-trash"))
      #expect(left == [ticket.name])
    }
  }

  @Test("a first copy that died goes with its replicable, one that is being made by another process stays")
  func unfinishedCopies() async throws {
    try await StrategyFixture.with { fixture in
      let id = try ReplicableID("group/app")
      for name in ["app", ".remora-fresh-app"] {
        try fixture.directory.write("", to: "copies/group/.remora-\(name).git/remora/lock")
      }
      let held = try OwnerLock.acquire(
        path: FilePath(fixture.directory.path("copies/group/.remora-app.git/remora/lock")), wait: .zero)
      #expect(try await fixture.copies.discard(id, entry: nil, at: Self.now) == nil)
      let group = fixture.directory.path("copies/group")
      #expect(try FileManager.default.contentsOfDirectory(atPath: group) == [".remora-app.git"])
      held.release()
      #expect(try await fixture.copies.discard(id, entry: nil, at: Self.now) == nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path("copies")) == [])
    }
  }
}

/// A discard of the copy beside the one that is made, in the midst of it.
private final class Neighbour: Sendable {
  private let strategy = Mutex<RepositoryStrategy?>(nil)
  private let left = Mutex(false)

  func set(_ strategy: RepositoryStrategy) { self.strategy.withLock { $0 = strategy } }
  var hasLeft: Bool { left.withLock { $0 } }

  func leave() {
    // The discard's own changes pass here again.
    let isFirst = left.withLock { left in
      defer { left = true }
      return !left
    }
    guard isFirst, let strategy = strategy.withLock({ $0 }) else { return }
    do {
      let id = try ReplicableID(CrashFixture.id)
      _ = try CrashFixture.blocking { try await strategy.discard(id, entry: nil, at: CrashFixture.now) }
    } catch {
      Issue.record(error)
    }
  }
}
