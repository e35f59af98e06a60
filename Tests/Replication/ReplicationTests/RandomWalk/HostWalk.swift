import Replication
import TestSupport

/// A host that copies its disk, renames in circles, destroys and makes anew, and a secondary that is started again, deselects, is
/// switched off and queried by an operator, all by chance, over the framework itself; and an oracle that reads both
/// directories.
///
/// Each replicable has a line `root` with a value that no other ever had: whatever copy has it is a copy of that one. After every
/// step no copy has another root than it had, none is lost, none went to the trash beyond the guard without a confirmation, and
/// none that waits has changed.
final class HostWalk {
  private let host: MemoryHost
  private var generator: SeededGenerator
  /// In every other walk the operator confirms removals soon, so that copies are often equal to the host.
  private let confirmsSoon: Bool
  private var lastValue = 0
  private(set) var counts: [String: Int] = [:]
  private(set) var trace: [String] = []

  // MARK: What the oracle remembers

  /// By the inode of a copy.
  private var roots: [UInt64: String] = [:]
  /// Waiting copies as they were: inode and lines.
  private var waiting: [ReplicableID: (inode: UInt64, lines: [String: String])] = [:]
  /// Ids whose removal an operator has confirmed and that wait still.
  private var confirmed: Set<ReplicableID> = []
  /// Names of tickets that a confirmation has allowed.
  private var allowed: Set<String> = []
  private var seenTickets: Set<String> = []

  private static let names = ["a", "b", "c", "d", "g/a", "g/b", "h/a", "h/b"]

  init(seed: UInt64) throws {
    host = try MemoryHost()
    generator = SeededGenerator(seed: seed)
    confirmsSoon = !seed.isMultiple(of: 2)
  }

  /// Goes so many steps, then runs until nothing is due.
  func go(steps: Int) async throws {
    for _ in 0..<5 { try create(name()) }
    try await host.settle()
    try await check()
    for _ in 0..<steps {
      let what = try await step()
      counts[what, default: 0] += 1
      trace.append("\(what): \(summary)")
      if trace.count > 60 { trace.removeFirst(30) }
      try await check()
    }
    try await comeToRest()
  }

  private var summary: String {
    let here = host.source.items.map { "\($0.key)=\($0.value.lines["root"] ?? "-").\($0.value.lines["tip"] ?? "-")" }
      .sorted().joined(separator: " ")
    let there = host.copies.items.map { "\($0.key)=\($0.value.lines["root"] ?? "-").\($0.value.lines["tip"] ?? "-")" }
      .sorted().joined(separator: " ")
    return "host [\(here)] copies [\(there)] trash \(host.trashCount)"
  }

  // MARK: Steps

  private func chance(_ part: Int) -> Bool { Int.random(in: 0..<part, using: &generator) == 0 }
  private func name() throws -> ReplicableID { try ReplicableID(Self.names.randomElement(using: &generator) ?? "a") }
  private func present() -> ReplicableID? { host.source.items.keys.sorted().randomElement(using: &generator) }

  private func value() -> String {
    lastValue += 1
    return "v\(lastValue)"
  }

  private func create(_ id: ReplicableID) throws { host.source.create(id, ["root": value(), "tip": value()]) }

  private func step() async throws -> String {
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<30: return try await change()
    case 30..<42:
      _ = try await host.primary.scan(MemoryHost.name)
      return "scan"
    case 42..<52:
      try await host.primary.checksumDue()
      return "checksums"
    case 52..<66:
      _ = try? await host.secondary.consumeEvents(limit: Int.random(in: 1...20, using: &generator))
      return "events"
    case 66..<80:
      // A move may end in a crash.
      _ = try? await host.secondary.reconcile(MemoryHost.name)
      return "pass"
    case 80..<90:
      try await host.secondary.work()
      return "work"
    case 90..<94: return try await order()
    case 94..<97: return try await restart()
    default:
      host.clock.advance(by: .seconds(Int.random(in: 1...40_000, using: &generator)))
      return "time"
    }
  }

  /// Changes the host, with or without an event; returns what it did.
  private func change() async throws -> String {
    let what = try changeDisk()
    if chance(3), let id = present() { try await host.primary.publish(.updated, of: id, MemoryHost.name) }
    if chance(4) { try await host.primary.publish(.deleted, of: try name(), MemoryHost.name) }
    return what
  }

  private func changeDisk() throws -> String {
    guard let id = present() else {
      try create(name())
      return "create"
    }
    switch Int.random(in: 0..<20, using: &generator) {
    case 0..<6:
      host.source.set(id, "tip", value())
      return "push"
    case 6..<8:
      let new = try name()
      guard host.source.items[new] == nil else { return "nothing" }
      try create(new)
      return "create"
    case 8..<10:
      host.source.remove(id)
      return "destroy"
    case 10:
      try create(id)
      return "create again"
    case 11:
      host.source.copyDisk(keepsInodes: chance(2))
      if chance(2) { host.source.set(id, "tip", value()) }
      return "copy the disk"
    case 12:
      let new = try name()
      guard host.source.items[new] == nil else { return "nothing" }
      host.source.move(id, to: new)
      if chance(2) { try create(id) }
      return "rename"
    case 13..<16:
      circle()
      return "circle"
    case 16:
      try moveDirectory()
      return "rename a directory"
    case 17:
      // Everything is destroyed and made anew, empty but for the root.
      for id in host.source.items.keys.sorted() { try create(id) }
      return "all created again"
    case 18:
      host.source.change { $0.isComplete.toggle() }
      return "a directory that cannot be read"
    default:
      host.source.change { content in if content.unreadable.remove(id) == nil { content.unreadable.insert(id) } }
      return "unreadable"
    }
  }

  private func circle() {
    let count = Int.random(in: 2...4, using: &generator)
    let ids = Array(host.source.items.keys.sorted().shuffled(using: &generator).prefix(count))
    host.source.change { content in
      let items = ids.map { content.items[$0] }
      for (index, id) in ids.enumerated() { content.items[id] = items[(index + 1) % ids.count] }
    }
  }

  private func moveDirectory() throws {
    for leaf in ["a", "b"] {
      let (from, to) = (try ReplicableID("g/\(leaf)"), try ReplicableID("h/\(leaf)"))
      host.source.change { content in
        let (one, other) = (content.items[from], content.items[to])
        (content.items[to], content.items[from]) = (one, other)
      }
    }
  }

  /// Gives an operator's order to the secondary; returns which.
  private func order() async throws -> String {
    let secondary = host.secondary
    switch confirmsSoon && chance(2) ? 0 : Int.random(in: 0..<9, using: &generator) {
    case 0:
      confirmed.formUnion(try await secondary.waitingRemovals(MemoryHost.name))
      try await secondary.confirmRemovals(MemoryHost.name)
      return "confirm"
    case 1, 7, 8:
      guard let ticket = try await secondary.trash(MemoryHost.name).randomElement(using: &generator) else {
        return "nothing"
      }
      if chance(4) {
        await host.registry.die(after: Int.random(in: 0...1, using: &generator))
        _ = try? await secondary.restore(ticket, MemoryHost.name)
        try await host.restartSecondary()
        return "a restore dies"
      }
      // Something else may be there by now.
      guard (try? await secondary.restore(ticket, MemoryHost.name)) != nil else { return "nothing" }
      return "restore"
    case 2:
      let isOn = chance(2)
      _ = try? await secondary.setEnabled(isOn, MemoryHost.name)
      return "switch"
    case 3, 4:
      let id = try name()
      try await secondary.resync(id, MemoryHost.name, isFresh: chance(2))
      _ = try await secondary.sync(id, MemoryHost.name)
      return "resync"
    default:
      let id = try name()
      try await secondary.reverify(id, MemoryHost.name)
      _ = try await secondary.verify(id, MemoryHost.name)
      _ = try await secondary.prove(id, MemoryHost.name)
      return "reverify"
    }
  }

  private func restart() async throws -> String {
    switch Int.random(in: 0..<14, using: &generator) {
    case 12, 13:
      try await host.restartPrimary(try SelectiveSync(exclude: [chance(2) ? "h/**" : "a"]))
      return "the primary excludes"
    case 0:
      try await host.restartPrimary(losesState: true)
      return "the primary loses its states"
    case 1:
      await host.log.fork(to: UInt64(lastValue) + 1_000, keeping: 0)
      try await host.restartPrimary(losesState: true)
      return "the primary loses everything"
    case 2, 3:
      try await host.restartPrimary()
      return "the primary starts again"
    case 4, 5:
      // The next move dies in the middle.
      host.copies.change { $0.stepsBeforeCrash = Int.random(in: 0..<6, using: &generator) }
      _ = try? await host.secondary.reconcile(MemoryHost.name)
      try await host.restartSecondary()
      return "the secondary dies"
    case 6: try await host.restartSecondary(try SelectiveSync(exclude: ["g/**"]))
    default: try await host.restartSecondary()
    }
    return "the secondary starts again"
  }

  // MARK: The oracle

  private func check() async throws {
    let (items, trash, staged) = host.copies.change { ($0.items, $0.trash, $0.staged) }
    var found: Set<UInt64> = []
    for (place, item) in items.map({ ("\($0.key)", $0.value) }) + trash.map({ ("trash", $0.item) })
      + staged.map({ ("on its way", $0.value) })
    {
      try claim(found.insert(item.inode).inserted, "\(place): one copy is in two places")
      guard let root = item.lines["root"] else { throw WalkFailure(description: "\(place): a copy without its refs") }
      let known = roots[item.inode] ?? root
      try claim(known == root, "\(place): a copy of \(known) has become one of \(root)")
      roots[item.inode] = root
    }
    for (inode, root) in roots { try claim(found.contains(inode), "the copy of \(root) is lost") }
    try checkTrash(trash.map(\.ticket))
    try await checkWaiting(items, trash)
  }

  /// Checks that no more than the guard allows is removed within a day, but for what was confirmed.
  private func checkTrash(_ tickets: [TrashTicket]) throws {
    for ticket in tickets where seenTickets.insert(ticket.name).inserted {
      // A confirmation is good for one removal.
      if confirmed.remove(ticket.replicableID) != nil { allowed.insert(ticket.name) }
    }
    let day = host.clock.now - .seconds(86_400)
    let recent = tickets.filter { $0.discardedAt > day && !allowed.contains($0.name) }
    try claim(recent.count <= 3, "\(recent.count) copies are in the trash within a day, and nobody confirmed it")
  }

  private func checkWaiting(
    _ items: [ReplicableID: MemoryDisk.Item], _ trash: [(ticket: TrashTicket, item: MemoryDisk.Item)]
  ) async throws {
    let entries = await host.registry.window(after: nil, limit: 100)
    let held = Set(entries.filter { $0.removalWaitingSince != nil }.map(\.replicableID))
    for (id, before) in waiting {
      if let item = items[id], item.inode == before.inode {
        try claim(!held.contains(id) || item.lines == before.lines, "\(id) waits for its removal and was changed")
      } else if let (ticket, item) = trash.first(where: { $0.item.inode == before.inode }) {
        try claim(item.lines == before.lines, "\(id) lies in the trash otherwise than it was")
        try claim(allowed.contains(ticket.name), "\(id) waited for its removal and went without a confirmation")
      }
    }
    confirmed.formIntersection(held)
    waiting = [:]
    for id in held { waiting[id] = items[id].map { ($0.inode, $0.lines) } }
    counts["waiting", default: 0] += held.count
  }

  /// Confirms everything and ends all changes: within a few rounds both directories are equal. The last of
  /// them is the primary's weekly reading, which finds changes that no event announced.
  private func comeToRest() async throws {
    host.source.change { content in
      (content.isComplete, content.unreadable) = (true, [])
    }
    if host.source.items.isEmpty { try create(name()) }
    try await host.restartPrimary()
    try await host.secondary.setEnabled(true, MemoryHost.name)
    for _ in 0..<6 {
      host.clock.advance(by: .seconds(100_000))
      try await host.settle(rounds: 1)
      confirmed.formUnion(try await host.secondary.waitingRemovals(MemoryHost.name))
      try await host.secondary.confirmRemovals(MemoryHost.name)
      try await host.settle(rounds: 1)
      try await check()
    }
    try await host.primary.reverify(before: host.clock.now)
    try await host.settle()
    try await check()
    trace.append("at rest: \(summary)")
    for entry in await host.registry.window(after: nil, limit: 100) {
      trace.append(
        "  \(entry.replicableID) \(entry.state) \(entry.verificationState) of \(entry.incarnation?.description ?? "-"), waits since "
          + "\(entry.removalWaitingSince?.description ?? "-"): \(entry.lastSyncFailure ?? "-")")
    }
    for state in await host.states.window(after: nil, limit: 100) {
      trace.append("  on the primary \(state.replicableID) of \(state.incarnation), \(state.verificationState)")
    }
    try claim(host.isEqual, "the copies do not become equal")
    for entry in await host.registry.window(after: nil, limit: 100) {
      try claim(
        entry.state == .synced && entry.verificationState == .succeeded,
        "\(entry.replicableID) does not come to rest: \(entry.state) \(entry.lastSyncFailure ?? "")")
    }
  }
}
