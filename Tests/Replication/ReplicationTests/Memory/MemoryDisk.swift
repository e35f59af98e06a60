import Replication
import Synchronization

/// A site's disk as the framework sees it: what stands under each id, as names with values.
final class MemoryDisk: Sendable {
  struct Item: Sendable {
    var inode: UInt64
    var lines: [String: String]
    /// All values that were ever there, as a repository keeps objects.
    var objects: Set<String> = []

    init(inode: UInt64, lines: [String: String]) {
      self.inode = inode
      self.lines = lines
      objects = Set(lines.values)
    }
  }

  struct Content: Sendable {
    var items: [ReplicableID: Item] = [:]
    var trash: [(ticket: TrashTicket, item: Item)] = []
    var lastInode: UInt64 = 0
    var device: UInt64 = 1
    /// Moves that are recorded and not finished.
    var moves: [CopyMove] = []
    /// A move ends after so many steps, as if the process died.
    var stepsBeforeCrash: Int?
    var staged: [Int: Item] = [:]
    var isStaged = false
    var isComplete = true
    /// The file system reports when an inode was made.
    var hasBirths = false
    var unreadable: Set<ReplicableID> = []
    /// Names of tickets are not used again.
    var discarded = 0
    /// What lacks something without which it is none.
    var broken: Set<ReplicableID> = []
    /// What an object check finds.
    var damaged: Set<ReplicableID> = []
    /// What was put in order, and how thoroughly.
    var housekept: [(id: ReplicableID, isThorough: Bool)] = []
  }

  private let content = Mutex(Content())

  func change<Answer>(_ change: (inout sending Content) throws -> sending Answer) rethrows -> Answer {
    try content.withLock { try change(&$0) }
  }

  var items: [ReplicableID: Item] { content.withLock { $0.items } }

  /// Makes it, or something else in its place.
  func create(_ id: ReplicableID, _ lines: [String: String]) {
    content.withLock { content in
      content.lastInode += 1
      content.items[id] = Item(inode: content.lastInode, lines: lines)
    }
  }

  func set(_ id: ReplicableID, _ name: String, _ value: String?) {
    content.withLock { content in
      content.items[id]?.lines[name] = value
      if let value { content.items[id]?.objects.insert(value) }
    }
  }

  /// Copies all files to another disk, or brings them back under another device number.
  func copyDisk(keepsInodes: Bool = false) {
    content.withLock { content in
      content.device += 1
      guard !keepsInodes else { return }
      for id in content.items.keys.sorted() {
        content.lastInode += 1
        content.items[id]?.inode = content.lastInode
      }
    }
  }

  func remove(_ id: ReplicableID) { content.withLock { $0.items[id] = nil } }

  func move(_ id: ReplicableID, to newID: ReplicableID) {
    content.withLock { $0.items[newID] = $0.items.removeValue(forKey: id) }
  }
}

/// Copies from one such disk to another.
struct MemoryStrategy: Strategy {
  let disk: MemoryDisk
  /// The primary's; `nil` on the primary itself.
  var source: MemoryDisk?
  var dataType = DataType.repository
  /// What is fetched anew is damaged again.
  var isDiskBad = false
  /// Called in the middle of a sync, between the listing and the writing.
  var during: @Sendable (ReplicableID) async throws(StrategyError) -> Void = { _ in }

  func listing(of id: ReplicableID) throws(StrategyError) -> ContentListing {
    guard let item = disk.items[id] else { throw StrategyError(.missing, "read '\(id)': nothing there") }
    guard disk.change({ !$0.unreadable.contains(id) }) else { throw StrategyError(.broken, "read '\(id)': damaged") }
    return Self.listing(item.lines)
  }

  static func listing(_ lines: [String: String]) -> ContentListing {
    var listing = ContentListing()
    var digest = [UInt8](repeating: 0, count: 32)
    for (name, value) in lines.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      listing.append(name: name.utf8, value: value.utf8)
      for (index, byte) in "\(name)=\(value);".utf8.enumerated() {
        digest[(index + Int(digest[0])) % 32] = digest[(index + 7) % 32] &* 31 &+ byte
      }
    }
    listing.checksum = Checksum(sha256: digest)
    return listing
  }

  func presence(of id: ReplicableID) -> Presence {
    if disk.change({ $0.broken.contains(id) }) { return .unfinished }
    return disk.items[id].map { .present(identity($0)) } ?? .absent
  }

  func catalog() -> DirectoryCatalog {
    let broken = disk.change { $0.broken }
    let rows = disk.items.filter { !broken.contains($0.key) }.sorted { $0.key < $1.key }.map { id, item in
      DirectoryCatalog.Row(id: id, identity: identity(item), stamp: 0)
    }
    return DirectoryCatalog(rows: rows, isComplete: disk.change { $0.isComplete })
  }

  private func identity(_ item: MemoryDisk.Item) -> FileIdentity {
    let (device, hasBirths) = disk.change { ($0.device, $0.hasBirths) }
    return FileIdentity(device: device, inode: item.inode, birth: hasBirths ? Int64(item.inode) : 0)
  }

  func borrows(_ id: ReplicableID) -> Bool { false }

  func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport {
    guard let item = source?.items[request.id] else {
      throw StrategyError(.missingOnPrimary, "fetch '\(request.id)': not there")
    }
    guard source?.change({ !$0.unreadable.contains(request.id) }) ?? true else {
      throw StrategyError(.broken, "fetch '\(request.id)': damaged")
    }
    try await during(request.id)
    let before = disk.items[request.id]?.lines
    disk.change { content in
      content.lastInode += 1
      var copy = content.items[request.id] ?? MemoryDisk.Item(inode: content.lastInode, lines: item.lines)
      copy.lines = item.lines
      copy.objects.formUnion(item.lines.values)
      content.items[request.id] = copy
      if request.isFresh {
        content.unreadable.remove(request.id)
        if !isDiskBad { content.damaged.remove(request.id) }
      }
    }
    return SyncReport(checksum: try listing(of: request.id).checksum, hasChanged: before != item.lines)
  }

  func rename(_ id: ReplicableID, to newID: ReplicableID) { disk.move(id, to: newID) }

  func marks(of listing: ContentListing) -> [String] {
    guard dataType == .repository else { return [] }
    return Set((0..<listing.count).map { String(decoding: listing.value($0), as: UTF8.self) }).sorted()
  }

  func holds(_ marks: [String], _ id: ReplicableID) -> Bool {
    dataType == .repository && disk.items[id].map { $0.objects.isSuperset(of: marks) } ?? false
  }

  func move(_ moves: [CopyMove]) throws(StrategyError) {
    let isFree = disk.change { content in
      let sources = Set(moves.map(\.id))
      let isFree = moves.allSatisfy { move in
        sources.contains(move.newID) || content.items[move.id] == nil || content.items[move.newID] == nil
      }
      guard isFree else { return false }
      (content.moves, content.isStaged) = (moves, false)
      return true
    }
    guard isFree else { throw StrategyError(.occupied, "rename '\(moves[0].id)': something is there") }
    try carryOut()
  }

  func unfinishedMoves() throws(StrategyError) -> [CopyMove] {
    let moves = disk.change { $0.moves }
    if !moves.isEmpty { try carryOut() }
    return moves
  }

  func finishMoves() { disk.change { $0.moves = [] } }

  /// Stages all, then places all, as `StagedMoves` does it.
  private func carryOut() throws(StrategyError) {
    while let isDone = disk.change({ Self.step(&$0) }) {
      if isDone { return }
    }
    throw StrategyError(.cancelled, "rename: the process died", disposition: .host)
  }

  /// - Returns: `nil` when the process dies.
  private static func step(_ content: inout MemoryDisk.Content) -> Bool? {
    if let left = content.stepsBeforeCrash {
      content.stepsBeforeCrash = left - 1
      guard left > 0 else { return nil }
    }
    if !content.isStaged {
      for (number, move) in content.moves.enumerated() where content.staged[number] == nil {
        guard let item = content.items.removeValue(forKey: move.id) else { continue }
        content.staged[number] = item
        return false
      }
      content.isStaged = true
      return false
    }
    guard let number = content.staged.keys.min(), let item = content.staged.removeValue(forKey: number) else {
      return true
    }
    content.items[content.moves[number].newID] = item
    return false
  }

  func discard(_ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp) -> TrashTicket? {
    disk.change { content in
      guard let item = content.items.removeValue(forKey: id) else { return nil }
      content.discarded += 1
      let ticket = TrashTicket(
        name: "\(content.discarded)", replicableID: id, incarnation: entry?.incarnation, discardedAt: now,
        reason: "deleted")
      content.trash.insert((ticket, item), at: 0)
      return ticket
    }
  }

  func trash() -> [TrashTicket] { disk.change { $0.trash.map(\.ticket) } }

  func restore(_ ticket: TrashTicket) throws(StrategyError) {
    let isDone = disk.change { content in
      guard content.items[ticket.replicableID] == nil,
        let index = content.trash.firstIndex(where: { $0.ticket == ticket })
      else { return false }
      content.items[ticket.replicableID] = content.trash.remove(at: index).item
      return true
    }
    guard isDone else { throw StrategyError(.occupied, "restore '\(ticket.replicableID)': something is there") }
  }

  var needsUpkeep: Bool { dataType == .repository }

  func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    try await during(id)
    disk.change { $0.housekept.append((id, isThorough)) }
    var report = HousekeepingReport()
    (report.hasChanged, report.hasRewritten) = (true, true)
    return report
  }

  func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport {
    try await during(id)
    guard disk.items[id] != nil else { throw StrategyError(.missing, "check '\(id)': nothing there") }
    var report = CheckReport()
    if disk.change({ $0.damaged.contains(id) }) { report.findings = ["pack-1.pack: damaged", "refs/heads/main: gone"] }
    return report
  }

  func emptyTrash(before moment: Timestamp, displacedBefore displacedMoment: Timestamp) -> Int {
    disk.change { content in
      let count = content.trash.count
      content.trash.removeAll { $0.ticket.discardedAt < moment }
      return count - content.trash.count
    }
  }
}
