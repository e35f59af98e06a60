import Foundation
import SystemPackage
import TestSupport
import Testing

/// Readers take no locks: whatever a run does, each listing of theirs is one that was published.
@Suite struct ReaderTests {
  /// 200 with `REMORA_LONG_TESTS=1`.
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"
  private static let updates = isLong ? 200 : 15
  private static let updatesBetweenStrays = isLong ? 20 : 5

  @Test("no reader ever sees a mix, while 1,000 refs move together, from a clone with loose refs and through strays")
  func seesPublishedStatesOnly() async throws {
    let directory = try TemporaryDirectory("readers")
    let fixture = try ReaderFixture(in: directory, generations: Self.updates)
    let ledger = ReaderLedger(fixture)
    let copy = fixture.copy.string
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await Self.read("git for-each-ref", ledger) {
          try GitCommand(in: copy).run("for-each-ref", "--format=%(objectname) %(refname)").lines
        }
      }
      group.addTask {
        try await Self.read("git ls-remote", ledger) { try GitCommand().run("ls-remote", "--symref", copy).lines }
      }
      group.addTask {
        try await Self.read("libgit2, opened each time", ledger) { try Libgit2Reader(copy).list() }
      }
      group.addTask {
        try await OwnThread.run {
          let reader = try Libgit2Reader(copy)
          while !ledger.isOver { ledger.watch("libgit2, kept open") { try reader.list() } }
        }
      }
      group.addTask { try await OwnThread.run { try Self.write(fixture, ledger) } }
      try await group.waitForAll()
    }
    print("listings: \(ledger.listings)")
    #expect(ledger.complaints == [])
    #expect(ledger.listings.count == 4)
  }

  private static func read(
    _ name: String, _ ledger: ReaderLedger, _ list: @escaping @Sendable () throws -> [String]
  ) async throws {
    try await OwnThread.run {
      while !ledger.isOver { ledger.watch(name, list) }
    }
  }

  private static func write(_ fixture: ReaderFixture, _ ledger: ReaderLedger) throws {
    defer { ledger.end() }
    for generation in 1...updates where !ledger.isOver {
      ledger.begin(generation)
      try fixture.show(generation)
      try fixture.mirror()
      let head = try CopySnapshot(of: fixture.copy).head
      guard head == "ref: \(ReaderFixture.name(generation))" else {
        throw TestSupportError("HEAD is \(head) after the update to generation \(generation)")
      }
      ledger.publish(generation)
      if generation.isMultiple(of: updatesBetweenStrays), generation < updates {
        ledger.letStray(over: generation)
        try fixture.writeStrays(generation)
      }
    }
  }
}
