extension Secondary {
  /// Compares a kind's registry with the primary's catalog, window by window: inserts entries for untracked rows,
  /// requests a sync of entries that are behind, renames entries whose id changed, and, when the primary's listing was
  /// complete, removes copies that are gone or no longer selected.
  ///
  /// The registry's cursor stays where it is: events that were not consumed yet still arrive, and if the log was
  /// restored meanwhile, only the event feed's `forked` shows it.
  /// - Throws: `PrimaryAccessError`, the stores' errors. Changes made until then stay; the next pass makes the others.
  ///
  /// A kind that does not follow the log yet follows it from the catalog's position on.
  @discardableResult public func reconcile(_ name: ReplicableName) async throws -> ReconciliationReport {
    let member = try table.member(name)
    return try await member.passes.run {
      guard try await self.isEnabled(member.kind) else { return ReconciliationReport() }
      return try await self.pass(member, movesCursor: try await self.mustJoin(member))
    }
  }

  /// - Parameter movesCursor: true if the log could not be followed: the registry continues from the catalog's
  ///   position, which was read before its listing began.
  func pass(_ member: Member, movesCursor: Bool) async throws -> ReconciliationReport {
    do {
      return try await passNow(member, movesCursor: movesCursor)
    } catch PrimaryAccessError.unknownKind {
      member.feed.noteUnknown(at: environment.now())
      throw PrimaryAccessError.unknownKind
    }
  }

  private func passNow(_ member: Member, movesCursor: Bool) async throws -> ReconciliationReport {
    let name = member.kind.name
    var report = ReconciliationReport()
    let isFirst = try await member.registry.cursor() == nil
    if movesCursor, isFirst || member.feed.current.isOtherLog { try await forgetGenerations(member) { _ in true } }
    await member.removals.beginPass()
    var (position, isEmpty, isOffOnPrimary) = (Cursor?.none, true, false)
    var leftOut = LeftOut()
    var after: ReplicableID?
    // Removals come last, after the whole catalog was read: a row that is missing here may follow under another id.
    var gone: [ReplicableID] = []
    while true {
      let page = try await primary.catalog(of: name, after: after, limit: Self.window)
      position = position ?? page.position
      report.isComplete = report.isComplete && page.isComplete
      isEmpty = isEmpty && page.rows.isEmpty
      isOffOnPrimary = !page.isEnabled
      if page.leftOut.count > 0 { leftOut = page.leftOut }
      let rows = page.rows.filter { member.selection.selects($0.id) }
      let last = page.isLast ? nil : page.rows.last?.id
      let entries = try await entries(after: after, through: last, member)
      let generation = page.position.generation
      let differences = ConsistencyWindow.differences(rows: rows, entries: entries, position: generation)
      // Continuing from the position skips events up to it. So every row is wanted up to the position, including rows
      // whose state has not recorded its last event.
      let untracked = Set(differences.untracked.map(\.id))
      let behind = movesCursor ? rows.filter { !untracked.contains($0.id) } : differences.behind
      let renamed = try await announce(
        differences.untracked + behind, at: generation, isLowest: movesCursor, isFirst: isFirst, member,
        &report.postponed)
      report.renamed += renamed
      report.inserted += differences.untracked.count - renamed
      report.requested += differences.behind.count
      try await takeReadings(differences.read, member)
      gone += differences.gone
      guard let last else { break }
      after = last
    }
    if report.isComplete {
      for id in gone {
        try await postponing(&report.postponed) { if try await remove(id, member) { report.removed += 1 } }
      }
      try await member.removals.endPass()
      report.waiting = await member.removals.waitingIDs
    } else if movesCursor, let position {
      // Replicables that the listing lacks may have changed by events that are skipped now. Their copies stay, and a
      // sync is requested.
      try await member.registry.changeAll(gone) { [environment] _, entry, _ in
        // Of any incarnation.
        _ = entry?.announce(position.generation, incarnation: nil, at: environment.now())
      }
    }
    if movesCursor, let position {
      try await member.registry.advance(to: position)
      member.feed.join()
    }
    // An empty listing counts as incomplete, because the disk may not be mounted. Without copies here nothing can be
    // lost.
    let tracked = try await member.registry.counts(at: environment.now()).total
    let isNothing = isEmpty && tracked == 0
    member.feed.note(
      CatalogComparison(endedAt: environment.now(), isComplete: report.isComplete || isNothing),
      isOffOnPrimary: isOffOnPrimary, leftOut, postponed: report.postponed)
    return report
  }

  /// Requests verifications of copies whose primary reading has changed since they were verified. A reading older than
  /// the copy changes nothing.
  private func takeReadings(_ rows: [CatalogRow], _ member: Member) async throws {
    let readings = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
    try await member.registry.changeAll(readings.keys.sorted()) { id, entry, _ in
      guard let row = readings[id], let reading = row.reading, entry?.incarnation == row.incarnation else { return }
      entry?.primaryRead(reading)
    }
  }

  /// Announces rows of one window; rows that are only new or only behind share one wait for the disk.
  private func announce(
    _ rows: [CatalogRow], at position: Generation, isLowest: Bool, isFirst: Bool, _ member: Member,
    _ postponed: inout [String]
  ) async throws -> Int {
    var plain: [ReplicableID: CatalogRow] = [:]
    var renamed = 0
    for row in rows {
      let here = try await member.registry.entry(of: row.id)
      let elsewhere = try await member.registry.entry(of: row.incarnation)
      let isRename = elsewhere.map { $0.replicableID != row.id } ?? false
      let isWaiting = here?.removalWaitingSince != nil
      if isRename || isWaiting || (here?.incarnation).map({ $0 != row.incarnation }) ?? false {
        let wanted = isLowest ? position : row.announced(at: position)
        try await postponing(&postponed) {
          try await announce(row.id, row.incarnation, wanted, at: row.announcedAt, member)
          if isRename { renamed += 1 }
        }
      } else {
        plain[row.id] = row
        if let reading = row.reading {
          member.readings.note(reading, of: row.id, row.incarnation, at: environment.now())
        }
      }
    }
    let now = environment.now()
    try await member.registry.changeAll(plain.keys.sorted()) { [plain] id, entry, make in
      guard let row = plain[id] else { return }
      var announced = entry ?? make(id, at: now)
      let wanted =
        if announced.state == .pending {
          row.wantedBeforeSync(at: position)
        } else {
          isLowest ? position : row.announced(at: position)
        }
      // If it had another incarnation a moment ago, the next pass finds it. The lag counts from the primary's event,
      // except in a site's first pass, where the events are old.
      let moment = isFirst ? now : row.announcedAt.map { min($0, now) } ?? now
      _ = announced.announce(wanted, incarnation: row.incarnation, at: moment)
      entry = announced
    }
    return renamed
  }

  /// Runs a step that may fail for one replicable only: its copy is being synced, its directory cannot be written, or
  /// the primary cannot determine its status. Other replicables do not wait for it.
  ///
  /// - Throws: errors that concern all replicables: of the stores, and of a primary that does not answer.
  func postponing(_ postponed: inout [String], _ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let error as StrategyError {
      postponed.append(error.message)
    } catch let error as UnknownReplicable {
      postponed.append(error.reason)
    }
  }

  private static let window = 1_000

  /// Returns the registry's entries between two ids of the catalog, including the second; to the end when it is `nil`.
  private func entries(
    after: ReplicableID?, through last: ReplicableID?, _ member: Member
  ) async throws -> [RegistryEntry] {
    var found: [RegistryEntry] = []
    var start = after
    while true {
      let part = try await member.registry.window(after: start, limit: Self.window)
      found += part.prefix { entry in last.map { entry.replicableID <= $0 } ?? true }
      guard let end = part.last?.replicableID, part.count == Self.window, last.map({ end < $0 }) ?? true else {
        return found
      }
      start = end
    }
  }

  /// Removes the copy and the entry of a replicable that is gone. One that came back meanwhile, or was renamed, stays.
  @discardableResult func remove(_ id: ReplicableID, _ member: Member) async throws -> Bool {
    try await exclusively(member) {
      guard try await member.registry.entry(of: id) != nil else { return false }
      guard member.selection.selects(id) else {
        return try await member.removals.remove(id, at: environment.now())
      }
      return try await settle(id, incarnation: nil, member) == .removed
    }
  }

  /// Returns the ids of a kind whose removal waits, because too many would be removed within a day.
  public func waitingRemovals(_ name: ReplicableName) async throws -> [ReplicableID] {
    try await table.member(name).removals.waitingIDs
  }

  /// Confirms the removals that wait now, and returns their ids; the next pass makes them.
  @discardableResult public func confirmRemovals(_ name: ReplicableName) async throws -> [ReplicableID] {
    await (try table.member(name)).removals.confirm()
  }

  /// Returns the differences between a window of the catalog and the registry: ids that are not tracked, and tracked
  /// ids that the primary lacks.
  public func findRegistryDifferences(
    _ name: ReplicableName, after: ReplicableID? = nil, limit: Int = 1_000
  ) async throws -> (untracked: [ReplicableID], unused: [ReplicableID]) {
    let member = try table.member(name)
    let page = try await primary.catalog(of: name, after: after, limit: limit)
    let rows = page.rows.filter { member.selection.selects($0.id) }
    let entries = try await entries(after: after, through: page.isLast ? nil : page.rows.last?.id, member)
    let differences = ConsistencyWindow.differences(rows: rows, entries: entries)
    return (differences.untracked.map(\.id), differences.gone)
  }
}

/// Runs the consistency passes of one kind one after another.
actor CatalogPasses {
  private var isRunning = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Runs a pass after those before it have ended.
  /// - Throws: the pass's errors, and `CancellationError` when the task was cancelled before its turn.
  func run<Answer: Sendable>(_ pass: @Sendable () async throws -> Answer) async throws -> Answer {
    await enter()
    defer { leave() }
    try Task.checkCancellation()
    return try await pass()
  }

  private func enter() async {
    guard isRunning else {
      isRunning = true
      return
    }
    // A pass ends with its task, so a wait for it ends too: it needs no cancellation of its own.
    await withCheckedContinuation { waiting.append($0) }
  }

  private func leave() {
    if waiting.isEmpty { isRunning = false } else { waiting.removeFirst().resume() }
  }
}
