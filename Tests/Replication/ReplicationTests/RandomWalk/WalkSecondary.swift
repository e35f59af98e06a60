import Replication
import TestSupport

/// The secondary of the walk: entries, copies that may rot, jobs that go one line a step and may die at each.
struct WalkSecondary {
  struct Copy {
    var refs: Refs
    /// A ref that syncs do not see, as long as they do not begin anew.
    var blind: Int?
  }

  enum Job {
    case sync(SyncTicket, listed: (refs: Refs, tick: Int)?)
    case verification(VerificationTicket, VerificationPhase)
  }

  /// A verification between two of its lines. `first` is the first bracket's judgement, in the second one.
  enum VerificationPhase {
    case reading
    case listingBefore(first: Verdict?)
    case syncing(before: Listing, first: Verdict?)
    case applying(before: Listing, synced: Listing, first: Verdict?)
    case listingAfter(before: Listing, synced: Listing, copy: Refs, first: Verdict?)
  }

  struct Listing {
    var refs: Refs
    var tick: Int
  }

  struct Verdict {
    var judgement: ComparisonJudgement
    /// Refs that the primary had otherwise in between than before and after.
    var flapped: Set<String>
  }

  var entries: [RegistryEntry?]
  var copies: [Copy?]
  /// When the primary was listed for what the copy holds.
  var listedAt: [Int]
  var jobs: [Job?]
  var cursor: Cursor?
  var savedCursor: Cursor?
  /// The history that the cursor is in.
  var known: WalkLog
  /// For each incarnation the latest moment that a consumed event announces.
  var consumed: [Incarnation: Int] = [:]
  var successes: (syncs: Set<UInt64>, verifications: Set<UInt64>) = ([], [])
  /// How often something interesting happened, so that a test can check that it did.
  var counts: [String: Int] = [:]
  private var lastNumber: UInt64 = 0

  init(replicables: Int, log: LogID) {
    entries = Array(repeating: nil, count: replicables)
    copies = Array(repeating: nil, count: replicables)
    listedAt = Array(repeating: 0, count: replicables)
    jobs = entries.map { _ in nil }
    known = WalkLog(log)
  }

  // MARK: Events

  mutating func consume(limit: Int, from primary: WalkPrimary, tick: Int, now: Timestamp) throws {
    guard let cursor, primary.log.continues(cursor) else {
      // Generations of a new log cannot be taken for those of the old one; those of a log that was restored can.
      if let cursor, cursor.log != primary.log.id {
        counts["new log", default: 0] += 1
      } else {
        for index in entries.indices { entries[index]?.forgetGenerations() }
      }
      if cursor != nil { counts["forked", default: 0] += 1 }
      try reconcile(with: primary, position: primary.log.end, isComplete: true, now: now)
      begin(at: primary.log.end, of: primary.log)
      return
    }
    let batch = primary.log.events.dropFirst(Int(cursor.id)).prefix(limit)
    known = primary.log
    for event in batch {
      let index = event.replicable
      let generation = Generation(log: primary.log.id, id: event.id)
      switch event.name {
      case .checksumSucceeded: if let reading = event.reading { entries[index]?.primaryRead(reading) }
      case .deleted:
        if entries[index]?.incarnation == event.incarnation { try settle(index, generation, primary, now: now) }
      default: try announce(index, generation, event.incarnation, primary, now: now)
      }
      if event.name != .checksumSucceeded { note(event.incarnation, event.visibleAt) }
      self.cursor = Cursor(log: primary.log.id, id: event.id, chain: event.chain)
    }
  }

  private mutating func announce(
    _ index: Int, _ generation: Generation?, _ incarnation: Incarnation?, _ primary: WalkPrimary, now: Timestamp
  ) throws {
    guard entries[index] != nil else {
      lastNumber += 1
      entries[index] = RegistryEntry(
        id: lastNumber, replicableID: try Walk.id(index), createdAt: now, incarnation: incarnation, wanted: generation)
      return
    }
    switch entries[index]?.announce(generation, incarnation: incarnation, at: now) {
    case .otherIncarnation: try settle(index, generation, primary, now: now)
    case .pending, .known, nil: break
    }
  }

  /// Asks the primary what stands there now.
  private mutating func settle(_ index: Int, _ generation: Generation?, _ primary: WalkPrimary, now: Timestamp) throws {
    let incarnation = primary.repositories[index]?.incarnation
    if incarnation != entries[index]?.incarnation { discard(index) }
    if incarnation != nil { try announce(index, generation, incarnation, primary, now: now) }
  }

  private mutating func discard(_ index: Int) {
    entries[index] = nil
    copies[index] = nil
    listedAt[index] = 0
    counts["discarded", default: 0] += 1
  }

  /// - Parameter position: taken before the catalog was listed, which is now.
  mutating func reconcile(with primary: WalkPrimary, position: Cursor, isComplete: Bool, now: Timestamp) throws {
    let inFlight = Set(primary.inFlight.map(\.replicable))
    var rows: [CatalogRow] = []
    for (index, state) in primary.states.enumerated() {
      guard let state, primary.repositories[index]?.incarnation == state.incarnation else { continue }
      // An event of this one may be logged and not applied to its state.
      let generation = inFlight.contains(index) ? position.generation : state.generation
      rows.append(
        CatalogRow(
          id: try Walk.id(index), incarnation: state.incarnation, generation: generation, reading: state.reading))
    }
    if !isComplete { rows.removeAll { $0.id.text.hasSuffix("1") } }
    let differences = ConsistencyWindow.differences(
      rows: rows, entries: entries.compactMap(\.self), position: position.generation, isComplete: isComplete)
    for row in differences.untracked + differences.behind {
      try announce(
        Walk.index(row.id), row.announced(at: position.generation), row.incarnation, primary, now: now)
    }
    for id in differences.gone where primary.repositories[Walk.index(id)] == nil { discard(Walk.index(id)) }
  }

  /// Goes on from a position whose catalog was taken. A pass that only looks leaves the cursor alone: it might be of a history
  /// that is no more, and no later step would detect it.
  private mutating func begin(at position: Cursor, of log: WalkLog) {
    known = log
    cursor = position
    // What the jump passed over was taken from the catalog instead.
    for incarnation in Set(known.events.map(\.incarnation)) {
      note(incarnation, known.visible(upTo: position.generation, of: incarnation))
    }
  }

  private mutating func note(_ incarnation: Incarnation, _ visibleAt: Int) {
    consumed[incarnation] = max(consumed[incarnation] ?? 0, visibleAt)
  }

  mutating func restart() {
    for index in entries.indices {
      jobs[index] = nil
      entries[index]?.recoverAfterRestart()
    }
    cursor = savedCursor
    // They came in a batch whose cursor was not saved; it may come otherwise the next time.
    for index in entries.indices where entries[index]?.isAhead(of: cursor) == true {
      entries[index]?.forgetGenerations()
    }
  }

  // MARK: Invariants

  /// Checks what must be true after every step, seen from outside of the machines.
  func check(since before: [RegistryEntry?], now: Timestamp) throws {
    for (index, entry) in entries.enumerated() {
      guard let entry else { continue }
      try claim(
        known.visible(upTo: entry.held, of: entry.incarnation) <= listedAt[index],
        "\(index) claims \(entry.held.map { "\($0)" } ?? "-") and was listed before that was visible")
      if entry.state == .synced {
        let last = entry.incarnation.flatMap { consumed[$0] } ?? 0
        try claim(last <= listedAt[index], "\(index) is synced and lacks what a consumed event announced")
        try claim(entry.retryCount == 0 && entry.retryAt == nil, "\(index) is synced and retries")
      }
      switch entry.verificationState {
      case .pending, .started, .succeeded:
        try claim(entry.state == .synced, "\(index) is \(entry.verificationState) and \(entry.state)")
      case .failed, .disabled: break
      }
      if entry.state == .failed {
        try claim(entry.lastSyncFailure != nil, "\(index) failed without a reason")
        let latest = now + BackOff.longest(missingOnPrimary: entry.missingOnPrimary)
        try claim(
          entry.isDueForSync(at: now) || entry.retryAt.map { $0 <= latest } == true, "\(index) waits for ever")
      }
      guard let old = before[index], old.id == entry.id else { continue }
      try claim(
        entry.retryCount >= old.retryCount || successes.syncs.contains(entry.id), "\(index) forgot its sync retries")
      try claim(
        entry.verificationRetryCount >= old.verificationRetryCount || successes.verifications.contains(entry.id),
        "\(index) forgot its verification retries")
    }
  }
}
