internal import Synchronization

extension Secondary {
  /// Takes the next events from the primary, applies them, and saves the cursor after everything that they changed is
  /// durable.
  ///
  /// A crash before that repeats them, which changes nothing. Kinds that cannot follow the log are compared with the
  /// catalog and then join the feed, independently of each other.
  /// - Parameter joins: `false` if the caller calls `join` for kinds concurrently.
  /// - Throws: `PrimaryAccessError.unavailable`, the stores' errors; the cursor is unchanged then.
  @discardableResult public func consumeEvents(
    limit: Int = 1_000, wait: Duration = .zero, joins: Bool = true
  ) async throws -> ConsumptionReport {
    var report = ConsumptionReport()
    if joins, try await joinOthers(&report) { return report }
    let followers = try await followers()
    guard let smallest = followers.smallest?.cursor else { return report }
    report.isFollowing = true
    let batch: EventBatch
    do {
      batch = try await primary.events(after: smallest, limit: limit, wait: wait)
    } catch {
      guard Self.leave(followers, smallest, because: error) else { throw error }
      if joins { _ = try await joinOthers(&report) }
      return report
    }
    followedLog.withLock { $0 = batch.cursor.log }
    // An event that no follower waits for was consumed before, is of a kind that joins later, or is of an unknown kind,
    // which is reported once.
    let newest = followers.map(\.cursor.id).max() ?? 0
    let names = Set(table.names)
    let events = batch.events.filter { event in
      followers.contains { $0.follows(event) } || !names.contains(event.replicableName) && event.id > newest
    }
    let known = batch.events.count { names.contains($0.replicableName) && $0.id > newest }
    report.skipped += max(0, known - events.count { names.contains($0.replicableName) && $0.id > newest })
    try await take(events, &report)
    try await advance(followers, to: batch.cursor)
    return report
  }

  /// Removes kinds from the feed whose log cannot be followed.
  /// - Returns: false for any other failure.
  private static func leave(_ followers: [Follower], _ smallest: Cursor, because error: PrimaryAccessError) -> Bool {
    switch error {
    case .forked: for follower in followers { follower.member.feed.leave(isOtherLog: true) }
    case .pruned:
      for follower in followers where follower.cursor == smallest { follower.member.feed.leave(isOtherLog: false) }
    default: return false
    }
    return true
  }

  /// - Returns: whether a kind joined; then the catalog's changes are in its registry.
  private func joinOthers(_ report: inout ConsumptionReport) async throws -> Bool {
    let (hasJoined, failure) = try await joinAll()
    report.hasReconciled = report.hasReconciled || hasJoined
    if let failure, !hasJoined, try await followers().isEmpty { throw failure }
    return hasJoined
  }

  /// Makes entries with void generations pending, window by window.
  func forgetGenerations(_ member: Member, where isVoid: @Sendable (RegistryEntry) -> Bool) async throws {
    member.readings.forgetAll()
    var last: ReplicableID?
    while true {
      let window = try await member.registry.window(after: last, limit: 1_000)
      let void = window.filter { ($0.wanted ?? $0.held) != nil && isVoid($0) }.map(\.replicableID)
      try await member.registry.changeAll(void) { _, entry, _ in entry?.forgetGenerations() }
      guard window.count == 1_000, let end = window.last?.replicableID else { return }
      last = end
    }
  }

  /// Applies events in order where it matters: events of one replicable one after another, and events that may create,
  /// remove or rename replicables alone. Updates of different replicables share one wait for the disk.
  private func take(_ events: [Event], _ report: inout ConsumptionReport) async throws {
    var updates: [Event] = []
    for event in events {
      if try await isPlainUpdate(event) {
        updates.append(event)
      } else {
        try await takeTogether(updates, &report)
        updates = []
        report.add(try await take(event), event)
      }
    }
    try await takeTogether(updates, &report)
  }

  private func isPlainUpdate(_ event: Event) async throws -> Bool {
    guard event.name == .updated || event.name == .checksumSucceeded, let incarnation = event.payload.incarnation,
      let member = try? table.member(event.replicableName)  // An unknown kind is refused where it is taken.
    else { return false }
    guard let entry = try await member.registry.entry(of: event.payload.modelRecordID) else { return false }
    return entry.incarnation == incarnation && entry.removalWaitingSince == nil
  }

  private func takeTogether(_ events: [Event], _ report: inout ConsumptionReport) async throws {
    guard events.count > 1 else {
      for event in events { report.add(try await take(event), event) }
      return
    }
    let queues = Dictionary(grouping: events) { ConsumptionReport.Announced(event: $0) }
    let fates = try await withThrowingTaskGroup(of: [(Event, EventFate)].self) { group in
      var fates: [UInt64: EventFate] = [:]
      var waiting = queues.values.makeIterator()
      func next() {
        guard let queue = waiting.next() else { return }
        group.addTask {
          var fates: [(Event, EventFate)] = []
          for event in queue { fates.append((event, try await self.take(event))) }
          return fates
        }
      }
      for _ in 0..<Self.togetherLimit { next() }
      while let done = try await group.next() {
        for (event, fate) in done { fates[event.id] = fate }
        next()
      }
      return fates
    }
    for event in events { if let fate = fates[event.id] { report.add(fate, event) } }
  }

  /// The maximum of events that share one wait for the disk.
  private static let togetherLimit = 64

  private func take(_ event: Event) async throws -> EventFate {
    do {
      let member = try table.member(event.replicableName)
      try member.kind.checkDeclared(event.name)
      guard try await isEnabled(member.kind) else { return .skipped }
      // Every secondary applies a deletion, also of replicables that it no longer selects.
      guard event.name == .deleted || member.selection.selects(event.payload.modelRecordID) else { return .skipped }
      var postponed: [String] = []
      try await postponing(&postponed) { try await member.kind.behaviour.consume(event, on: self) }
      // The catalog shows the replicable's fate: the next pass does the work that failed now.
      return postponed.first.map { .postponed("event \(event.id): \($0)") } ?? .applied
    } catch let error as ReplicationError {
      return .rejected("event \(event.id): \(error)")
    }
  }

  /// Applies one event as the contract says: the step that `Replicator.consume` stands for.
  public func apply(_ event: Event) async throws {
    let member = try table.member(event.replicableName)
    try member.kind.checkDeclared(event.name)
    let id = event.payload.modelRecordID
    if event.payload.reason.flatMap(NotOffered.init) != nil {
      // The content is unchanged: the primary is asked whether it offers the replicable.
      _ = try await exclusively(member) { try await settle(id, incarnation: event.payload.incarnation, member) }
      return
    }
    switch event.name {
    case .deleted:
      _ = try await exclusively(member) { try await settle(id, incarnation: event.payload.incarnation, member) }
    case .checksumSucceeded:
      guard let reading = event.payload.reading else {
        throw ReplicationError.incompleteEvent(event.name, missing: "reading")
      }
      try await askWhetherOffered(id, member)
      let isOpen = try await member.registry.change(id) { entry, _ in
        // A reading of another incarnation does not apply to this copy.
        if let known = entry?.incarnation, let read = event.payload.incarnation, known != read { return false }
        entry?.primaryRead(reading)
        return entry?.verificationState != .succeeded
      }
      if isOpen, let incarnation = event.payload.incarnation {
        member.readings.note(reading, of: id, incarnation, at: environment.now())
      }
    default:
      let generation = try await generation(of: event)
      try await announce(id, event.payload.incarnation, generation, at: event.createdAt, member)
    }
  }

  /// Returns an event's generation in the log that its batch came from.
  private func generation(of event: Event) async throws -> Generation? {
    if let log = followedLog.withLock({ $0 }) { return Generation(log: log, id: event.id) }
    return try await followedCursor().map { Generation(log: $0.log, id: event.id) }
  }

  /// Records that a replicable is wanted up to a generation. Three cases are settled first, by the primary's present
  /// answer: the id holds another incarnation, its copy waits for removal, or the incarnation is tracked under another
  /// id: an event may be older than a rename that a consistency pass has followed already.
  ///
  /// - Parameter moment: when the primary published it, if known; the lag counts from there.
  func announce(
    _ id: ReplicableID, _ incarnation: Incarnation?, _ generation: Generation?, at moment: Timestamp? = nil,
    _ member: Member
  ) async throws {
    if let incarnation, try await needsSettling(id, incarnation, member) {
      let isFree: Bool
      do {
        isFree = try await exclusively(member) { try await makeRoom(for: incarnation, at: id, member) }
      } catch {
        try await owe(incarnation, generation, at: moment, insteadOf: id, member)
        throw error
      }
      guard isFree else { return try await owe(incarnation, generation, at: moment, insteadOf: id, member) }
    }
    try await recordAnnouncement(id, incarnation, generation, at: moment, member)
  }

  /// Records an announcement in the entry that tracks the incarnation under another id and cannot be renamed yet: it
  /// must not count as equal meanwhile.
  private func owe(
    _ incarnation: Incarnation, _ generation: Generation?, at moment: Timestamp?, insteadOf id: ReplicableID,
    _ member: Member
  ) async throws {
    guard let there = try await member.registry.entry(of: incarnation), there.replicableID != id,
      there.removalWaitingSince == nil
    else { return }
    try await recordAnnouncement(there.replicableID, incarnation, generation, at: moment, member)
  }

  /// Whether an announcement must be settled first: its id holds another incarnation or a copy that waits for removal,
  /// or its incarnation is tracked under another id.
  func needsSettling(_ id: ReplicableID, _ incarnation: Incarnation, _ member: Member) async throws -> Bool {
    if let here = try await member.registry.entry(of: id) {
      if here.removalWaitingSince != nil { return true }
      if let known = here.incarnation, known != incarnation { return true }
    }
    return try await member.registry.entry(of: incarnation).map { $0.replicableID != id } ?? false
  }

  /// - Returns: false when the id is not free for the incarnation: another one has it, or a removal waits. A later pass
  ///   asks again.
  private func makeRoom(for incarnation: Incarnation, at id: ReplicableID, _ member: Member) async throws -> Bool {
    if let here = try await member.registry.entry(of: id),
      here.removalWaitingSince != nil || (here.incarnation.map { $0 != incarnation } ?? false)
    {
      try await settle(id, incarnation: here.incarnation, member)
      if let left = try await member.registry.entry(of: id) {
        if left.removalWaitingSince != nil { return false }
        if let known = left.incarnation, known != incarnation { return false }
      }
    }
    guard let elsewhere = try await member.registry.entry(of: incarnation)?.replicableID, elsewhere != id else {
      return true
    }
    try await settle(elsewhere, incarnation: incarnation, member)
    // It is at its right id, or its removal waits: nothing of it is here.
    return try await member.registry.entry(of: elsewhere)?.incarnation != incarnation
  }

  func recordAnnouncement(
    _ id: ReplicableID, _ incarnation: Incarnation?, _ generation: Generation?, at moment: Timestamp? = nil,
    _ member: Member
  ) async throws {
    let now = environment.now()
    try await member.registry.change(id) { entry, make in
      var announced = entry ?? make(id, at: now)
      // The entry has another incarnation only while its removal waits; then a later pass finds this one.
      _ = announced.announce(generation, incarnation: incarnation, at: moment ?? now)
      entry = announced
    }
  }
}

/// The result of one event.
private enum EventFate: Sendable {
  case applied, skipped
  case rejected(String)
  case postponed(String)
}

extension ConsumptionReport.Announced {
  fileprivate init(event: Event) { self.init(name: event.replicableName, id: event.payload.modelRecordID) }
}

extension ConsumptionReport {
  fileprivate mutating func add(_ fate: EventFate, _ event: Event) {
    switch fate {
    case .applied:
      applied += 1
      announced.append(Announced(event: event))
    case .skipped: skipped += 1
    case .rejected(let reason): rejected.append(reason)
    case .postponed(let reason): postponed.append(reason)
    }
  }
}
