import Replication
import TestSupport

/// A primary and a secondary; by chance clients push, jobs go on, clocks jump and processes die.
struct Walk {
  static let replicables = 3

  private(set) var primary: WalkPrimary
  private(set) var secondary: WalkSecondary
  private var generator: SeededGenerator
  private var tick = 1
  private var now = Timestamp(milliseconds: 1_800_000_000_000)
  private var catalog: (position: Cursor, restarts: Int)?
  private(set) var trace: [String] = []

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    let log = LogID(generator.next())
    primary = WalkPrimary(replicables: Self.replicables, log: log)
    secondary = WalkSecondary(replicables: Self.replicables, log: log)
  }

  /// Goes so many steps, then runs until nothing is due.
  mutating func go(steps: Int) throws {
    for _ in 0..<steps {
      let before = secondary.entries
      secondary.successes = ([], [])
      tick += 1
      now = now + .milliseconds(Int.random(in: 0...20_000, using: &generator))
      let index = Int.random(in: 0..<Self.replicables, using: &generator)
      let name = try step(index)
      trace.append("\(tick) \(name) \(index): \(summary(index))")
      if trace.count > 80 { trace.removeFirst(40) }
      try primary.check()
      try secondary.check(since: before, now: now)
    }
    try comeToRest()
  }

  private mutating func step(_ index: Int) throws -> String {
    switch Int.random(in: 0..<1_000, using: &generator) {
    case 0..<70:
      try primary.push(index, tick: tick, using: &generator)
      return "push"
    case 70..<76:
      primary.remove(index, tick: tick)
      return "remove"
    case 76..<320:
      primary.publishStep(using: &generator)
      return "publish"
    case 320..<400:
      try primary.checksumStep(index, tick: tick, now: now, using: &generator)
      return "checksum"
    case 400..<490:
      try secondary.consume(
        limit: Int.random(in: 1...5, using: &generator), from: primary, tick: tick, now: now)
      if Bool.random(using: &generator) { secondary.savedCursor = secondary.cursor }
      return "consume"
    case 490..<590:
      secondary.begin(index, byHand: Int.random(in: 0..<10, using: &generator) == 0, now: now)
      return "begin"
    case 590..<930:
      let fault = Int.random(in: 0..<30, using: &generator) == 0 ? Bool.random(using: &generator) : nil
      try secondary.step(index, primary, tick: tick, now: now, fault: fault, using: &generator)
      return "job"
    default: return try rareStep(index)
    }
  }

  private mutating func rareStep(_ index: Int) throws -> String {
    switch Int.random(in: 0..<70, using: &generator) {
    case 0..<8:
      catalog = (primary.log.end, primary.restarts)
      return "position"
    case 8..<16:
      guard let catalog, catalog.restarts == primary.restarts, secondary.cursor != nil else { return "no catalog" }
      try secondary.reconcile(
        with: primary, position: catalog.position, isComplete: Int.random(in: 0..<4, using: &generator) > 0, now: now)
      return "catalog"
    case 16..<20: secondary.entries[index]?.resync()
    case 20..<22: secondary.entries[index]?.requestFreshDownload()
    case 22..<28: secondary.entries[index]?.reverify()
    case 28..<32: primary.states[index]?.reverify()
    case 32..<38: rot(index)
    case 38..<44:
      secondary.copies[index]?.blind = Int.random(in: 0..<WalkPrimary.refCount, using: &generator)
      return "blind"
    case 44..<46: secondary.copies[index] = nil
    case 46..<54:
      secondary.restart()
      return "secondary restarts"
    case 54..<60:
      primary.restart()
      return "primary restarts"
    case 60..<62:
      primary.beginLog(LogID(generator.next()))
      return "new log"
    case 62..<64:
      primary.restoreLog(to: Int.random(in: 0...primary.log.events.count, using: &generator), tick: tick)
      return "log restored"
    case 64..<66: now = now - .seconds(86_400)
    default: now = now + .seconds(Int.random(in: 1...86_400, using: &generator))
    }
    return "rare"
  }

  private mutating func rot(_ index: Int) {
    let ref = Int.random(in: 0..<WalkPrimary.refCount, using: &generator)
    // A value that no primary ever had.
    secondary.copies[index]?.refs[ref] = UInt64.max - UInt64(tick)
  }

  // MARK: The end

  /// Ends pushes and failures: within a few rounds everything that the primary has is synced, verified and equal.
  private mutating func comeToRest() throws {
    if Bool.random(using: &generator) { secondary.restart() }
    if Bool.random(using: &generator) { primary.restart() }
    while !primary.unlogged.isEmpty || !primary.inFlight.isEmpty { primary.publishStep(using: &generator) }
    for index in secondary.entries.indices { secondary.entries[index]?.reverify() }
    for _ in 0..<24 {
      now = now + .seconds(5 * 3_600)
      for index in 0..<Self.replicables {
        // With chance, because a reading may fail.
        for _ in 0..<12 { try primary.checksumStep(index, tick: tick, now: now, using: &generator) }
      }
      for _ in 0..<8 { try secondary.consume(limit: 1_000, from: primary, tick: tick, now: now) }
      try secondary.reconcile(with: primary, position: primary.log.end, isComplete: true, now: now)
      for index in 0..<Self.replicables {
        for _ in 0..<24 {
          tick += 1
          secondary.begin(index, byHand: false, now: now)
          try secondary.step(index, primary, tick: tick, now: now, fault: nil, using: &generator)
        }
      }
    }
    for index in 0..<Self.replicables {
      let entry = secondary.entries[index]
      trace.append("at rest \(index): \(summary(index))")
      try claim((entry == nil) == (primary.repositories[index] == nil), "\(index) is on one side alone")
      guard let entry, let repository = primary.repositories[index] else { continue }
      try claim(entry.state == .synced && entry.verificationState == .succeeded, "\(index) does not come to rest")
      try claim(secondary.copies[index]?.refs == repository.refs, "\(index) is verified and differs")
      try claim(entry.incarnation == repository.incarnation, "\(index) is of another incarnation")
      // Events that are late and of two logs by turns may leave it with more than it wants.
      let isHeld = entry.wanted.map { entry.held?.covers($0) == true } ?? true
      try claim(isHeld, "\(index) wants what it does not hold")
      if let held = entry.held, held.log == primary.log.id, let last = primary.log.last(of: repository.incarnation) {
        try claim(held.covers(last), "\(index) was told of \(last) and holds \(held)")
      }
      try claim(!entry.checksumMismatch && entry.lag(at: now) == .zero, "\(index) remembers what is over")
    }
  }

  private func summary(_ index: Int) -> String {
    guard let entry = secondary.entries[index] else { return "none" }
    return "\(entry.state) \(entry.verificationState) wanted \(entry.wanted.map { "\($0.id)" } ?? "-")"
      + " held \(entry.held.map { "\($0.id)" } ?? "-") retries \(entry.retryCount) \(entry.verificationRetryCount)"
  }

  // MARK: Words of the model as the framework's

  static func id(_ index: Int) throws -> ReplicableID { try ReplicableID("group/repository\(index)") }

  static func index(_ id: ReplicableID) -> Int { Int(id.text.suffix(1)) ?? 0 }

  static func refName(_ ref: Int) -> String { "refs/heads/\(ref)" }

  static func listing(_ refs: Refs) -> ContentListing {
    var listing = ContentListing()
    for (ref, value) in refs.enumerated() {
      if let value { listing.append(name: refName(ref).utf8, value: "\(value)".utf8) }
    }
    return listing
  }

  /// Returns a checksum that differs for different refs, without a hash.
  static func checksum(_ refs: Refs) -> Checksum {
    var bytes: [UInt8] = []
    for value in refs {
      let value = value ?? 0
      for shift in [0, 8, 16, 24, 56] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
    return Checksum(sha256: bytes + Array(repeating: 0, count: 32 - bytes.count))
  }
}
