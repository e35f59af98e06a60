import Replication
import Testing

/// Which directory is which incarnation, on a host whose disk changes.
@Suite("Incarnations")
struct IncarnationTests {
  @Test("outlive a copy of the disk and a new device number", arguments: [false, true], [true, false])
  func copiedDisk(keepsInodes: Bool, isRestarted: Bool) async throws {
    let host = try await MemoryHost.settled(8)
    let before = await host.registry.window(after: nil, limit: 100).map(\.incarnation)
    let inodes = host.copies.items.mapValues(\.inode)
    host.source.copyDisk(keepsInodes: keepsInodes)
    if isRestarted { try await host.restartPrimary() }
    try await host.settle()
    #expect(await host.registry.window(after: nil, limit: 100).map(\.incarnation) == before)
    #expect(host.copies.items.mapValues(\.inode) == inodes && host.trashCount == 0)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).isEmpty)
  }

  @Test("outlive a copy of the disk that was pushed to before a scan, and files by their digests alone")
  func copiedAndChanged() async throws {
    let host = try await MemoryHost.settled(6)
    host.source.copyDisk()
    for number in 0..<6 {
      let id = try ReplicableID("r\(number)")
      host.source.set(id, "tip", "\(number).2")
      try await host.primary.publish(.updated, of: id, MemoryHost.name)
    }
    try await host.settle()
    #expect(host.trashCount == 0 && host.isEqual)

    let files = try await MemoryHost.settled(6, dataType: .blob, isMutable: false)
    files.source.copyDisk()
    try await files.settle()
    #expect(files.trashCount == 0 && files.isEqual)
  }

  @Test("end where the same path has other content, with or without an event")
  func createdAgain() async throws {
    let host = try await MemoryHost.settled(8)
    let (id, inode) = (try ReplicableID("r1"), try host.inode("r1"))
    let first = try await host.entry("r1")?.incarnation
    host.source.create(id, ["root": "new"])
    // A reading before the scan must not be taken for the old one's.
    try await host.primary.reverify([id], MemoryHost.name)
    try await host.primary.checksumDue()
    try await host.settle()
    #expect(try await host.entry("r1")?.incarnation != first)
    #expect(try host.inode("r1") != inode && host.trashCount == 1 && host.isEqual)
    #expect(host.copies.change { $0.trash.first?.item.lines["root"] } == "1")
  }

  @Test(
    "given anew by a primary that has lost its states are adopted where the content proves them", arguments: [0, 3])
  func lostStates(pushes: Int) async throws {
    let host = try await MemoryHost.settled(12)
    let inodes = host.copies.items.mapValues(\.inode)
    await host.log.fork(to: 2, keeping: 0)
    for number in 0..<pushes { host.source.set(try ReplicableID("r\(number)"), "tip", "pushed") }
    // One of them is not what it was.
    host.source.create(try ReplicableID("r11"), ["root": "other"])
    try await host.restartPrimary(losesState: true)
    try await host.settle()
    #expect(host.isEqual && host.trashCount == 1)
    for (id, inode) in inodes where id.text != "r11" { #expect(host.copies.items[id]?.inode == inode) }
    let entries = await host.registry.window(after: nil, limit: 100)
    #expect(entries.allSatisfy { $0.state == .synced && $0.verificationState == .succeeded })
  }

  @Test("whose states were lost and whose content is another are discarded within the guard alone")
  func lostAndOther() async throws {
    let host = try await MemoryHost.settled(12)
    for number in 0..<12 { host.source.create(try ReplicableID("r\(number)"), ["root": "new \(number)"]) }
    try await host.restartPrimary(losesState: true)
    try await host.settle()
    #expect(host.trashCount == 3)
    #expect(try await host.secondary.waitingRemovals(MemoryHost.name).count == 9)
  }

  @Test("are asked for by every question: another one answers replaced")
  func questions() async throws {
    let host = try await MemoryHost.settled(2)
    let id = try ReplicableID("r1")
    let known = try #require(await host.states.state(of: id)?.incarnation)
    let other = Incarnation(known.value &+ 1)
    let (primary, name) = (host.primary, MemoryHost.name)
    await #expect(throws: PrimaryAccessError.replaced) { try await primary.listing(of: id, incarnation: other, name) }
    await #expect(throws: PrimaryAccessError.replaced) { try await primary.source(of: id, incarnation: other, name) }
    await #expect(throws: PrimaryAccessError.replaced) {
      try await primary.holds([], id, incarnation: other, name)
    }
    #expect(try await primary.listing(of: id, incarnation: known, name).count == 2)
    // One that moved away is replaced by nothing, and not there.
    host.source.move(id, to: try ReplicableID("elsewhere"))
    await #expect(throws: PrimaryAccessError.replaced) { try await primary.listing(of: id, incarnation: known, name) }
    host.source.remove(try ReplicableID("elsewhere"))
    await #expect(throws: PrimaryAccessError.missing) { try await primary.listing(of: id, incarnation: known, name) }
  }

  @Test("of a copy that no longer is the primary's are not touched by sync, verification, download or proof")
  func untouched() async throws {
    let host = try await MemoryHost.settled(8)
    let id = try ReplicableID("r1")
    let before = host.copies.items[id]
    host.source.create(id, ["root": "new"])
    // The secondary has not got its event.
    _ = try await host.primary.scan(MemoryHost.name)
    let secondary = host.secondary
    try await secondary.resync(id, MemoryHost.name)
    _ = try await secondary.sync(id, MemoryHost.name)
    #expect(host.copies.items[id]?.lines == before?.lines)
    try await secondary.resync(id, MemoryHost.name, isFresh: true)
    _ = try await secondary.sync(id, MemoryHost.name)
    #expect(host.copies.items[id]?.lines == before?.lines)
    try await secondary.resync(id, MemoryHost.name)
    _ = try await secondary.prove(id, MemoryHost.name)
    #expect(host.copies.items[id]?.lines == before?.lines)
  }

  @Test("replaced while a copy was verified leave the copy as it was")
  func replacedBeforeVerification() async throws {
    let host = try await MemoryHost.settled(8)
    let id = try ReplicableID("r1")
    let before = host.copies.items[id]
    host.source.create(id, [:])
    _ = try await host.primary.scan(MemoryHost.name)
    try await host.secondary.reverify(id, MemoryHost.name)
    guard case .failed = try await host.secondary.verify(id, MemoryHost.name) else {
      Issue.record("verified against another incarnation")
      return
    }
    #expect(host.copies.items[id]?.lines == before?.lines && host.copies.items[id]?.inode == before?.inode)
  }
}
