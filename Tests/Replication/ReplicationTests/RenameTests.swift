import Replication
import Testing

/// Renames on the host: the copies are renamed, none is fetched again, none goes to the trash.
@Suite("Renames of copies")
struct RenameTests {
  enum Change: CaseIterable {
    case swap, chain, circleOfThree, newInPlace, directory, chainWithNew

    /// Renames, by the numbers of `r0`… and names of what they become.
    var moves: [(Int, String)] {
      switch self {
      case .swap: [(0, "r1"), (1, "r0")]
      case .chain: [(0, "r1"), (1, "r2"), (2, "r3"), (3, "last")]
      case .circleOfThree: [(0, "r1"), (1, "r2"), (2, "r0")]
      case .newInPlace: [(0, "moved")]
      case .directory: (0..<30).map { ($0, "group/r\($0)") }
      case .chainWithNew: [(0, "r1"), (1, "moved")]
      }
    }

    /// What is made where something was renamed away.
    var new: [String] { self == .newInPlace || self == .chainWithNew ? ["r0"] : [] }
  }

  /// How the secondary learns of it.
  enum Way: CaseIterable { case events, pass, deletedFirst }

  @Test("keep every copy", arguments: Change.allCases, Way.allCases)
  func renamed(_ change: Change, _ way: Way) async throws {
    let host = try await MemoryHost.settled(change == .directory ? 30 : 6)
    var expected: [ReplicableID: UInt64] = host.copies.items.mapValues(\.inode)
    let (before, items) = (expected, host.source.items)
    for (number, _) in change.moves { expected[try ReplicableID("r\(number)")] = nil }
    try host.source.change { content in
      for (number, _) in change.moves { content.items[try ReplicableID("r\(number)")] = nil }
      for (number, name) in change.moves {
        content.items[try ReplicableID(name)] = items[try ReplicableID("r\(number)")]
      }
    }
    for (number, name) in change.moves { expected[try ReplicableID(name)] = before[try ReplicableID("r\(number)")] }
    for name in change.new { host.source.create(try ReplicableID(name), ["root": "new \(name)"]) }
    switch way {
    case .events:
      _ = try await host.primary.scan(MemoryHost.name)
      try await host.secondary.consumeEvents()
    case .pass: break
    case .deletedFirst:
      for (number, _) in change.moves {
        try await host.primary.publish(.deleted, of: try ReplicableID("r\(number)"), MemoryHost.name)
      }
      try await host.secondary.consumeEvents()
    }
    try await host.settle()
    for (id, inode) in expected { #expect(host.copies.items[id]?.inode == inode, "\(id)") }
    #expect(host.isEqual && host.trashCount == 0)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).isEmpty)
  }

  @Test("that an occupied place stops are reported until they are done")
  func postponed() async throws {
    let host = try await MemoryHost.settled(3)
    let (old, new) = (try ReplicableID("r0"), try ReplicableID("moved"))
    host.source.move(old, to: new)
    host.copies.create(new, ["root": "of the operator"])
    try await host.settle()
    let first = try host.secondary.feedState(of: MemoryHost.name).postponed
    #expect(first.count == 1 && first.reasons.first?.contains("something is there") == true)
    #expect(try await host.entry("r0")?.state != .synced)
    host.clock.advance(by: .seconds(600))
    try await host.settle()
    #expect(try host.secondary.feedState(of: MemoryHost.name).postponed.since == first.since)
    host.copies.remove(new)
    try await host.settle()
    #expect(try host.secondary.feedState(of: MemoryHost.name).postponed.since == nil)
    #expect(host.isEqual && host.trashCount == 0)
  }

  @Test("out of what the primary excludes, while another has the old name", arguments: [false, true])
  func outOfExcluded(learnsByEvents: Bool) async throws {
    let host = try await MemoryHost.settled(3)
    let (old, new) = (try ReplicableID("r0"), try ReplicableID("moved"))
    let inode = try host.inode("r0")
    try await host.restartPrimary(try SelectiveSync(exclude: ["r0"]))
    host.source.move(old, to: new)
    host.source.create(old, ["root": "another"])
    if learnsByEvents {
      _ = try await host.primary.scan(MemoryHost.name)
      try await host.secondary.consumeEvents()
    }
    try await host.settle()
    #expect(try host.inode("moved") == inode)
    #expect(try await host.entry("moved")?.state == .synced)
    #expect(try await host.entry("r0") == nil)
  }

  @Test("of files keep them too, and mutable ones where their old place is empty", arguments: [true, false])
  func files(isMutable: Bool) async throws {
    let host = try await MemoryHost.settled(12, dataType: .blob, isMutable: isMutable)
    let inodes = host.copies.items.mapValues(\.inode)
    for number in 0..<10 {
      host.source.move(try ReplicableID("r\(number)"), to: try ReplicableID("moved/r\(number)"))
    }
    try await host.settle()
    #expect(host.isEqual && host.trashCount == 0)
    for number in 0..<10 {
      #expect(try host.inode("moved/r\(number)") == inodes[try ReplicableID("r\(number)")])
    }
  }

  @Test("that a crash has ended at any step are completed by the next start")
  func crashes() async throws {
    for steps in 0..<12 {
      let host = try await MemoryHost.settled(6)
      let inodes = host.copies.items.mapValues(\.inode)
      let names = try (0..<3).map { try ReplicableID("r\($0)") }
      host.source.change { content in
        let items = names.map { content.items[$0] }
        for (index, name) in names.enumerated() { content.items[name] = items[(index + 1) % 3] }
      }
      _ = try await host.primary.scan(MemoryHost.name)
      host.copies.change { $0.stepsBeforeCrash = steps }
      try await host.secondary.reconcile(MemoryHost.name)
      try await host.restartSecondary()
      #expect(host.copies.change { $0.staged.isEmpty && $0.moves.isEmpty }, "after \(steps) steps")
      try await host.settle()
      #expect(host.isEqual && host.trashCount == 0, "after \(steps) steps")
      for (index, name) in names.enumerated() {
        #expect(host.copies.items[name]?.inode == inodes[names[(index + 1) % 3]], "after \(steps) steps")
      }
    }
  }

  @Test("wait where what is in their way waits for its removal, and follow after the confirmation")
  func blocked() async throws {
    let host = try await MemoryHost.settled(12)
    for number in 4..<8 { host.source.remove(try ReplicableID("r\(number)")) }
    try await host.settle()
    let waiting = try #require(try await host.secondary.waitingRemovals(MemoryHost.name).first)
    let inode = try host.inode("r0")
    host.source.move(try ReplicableID("r0"), to: waiting)
    try await host.settle()
    #expect(try host.inode("r0") == inode && host.copies.items[waiting]?.lines["root"] != "0")
    try await host.secondary.confirmRemovals(MemoryHost.name)
    try await host.settle()
    #expect(host.copies.items[waiting]?.inode == inode && host.isEqual && host.trashCount == 4)
  }
}
