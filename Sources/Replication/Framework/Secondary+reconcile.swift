extension Secondary {
  /// Compares a kind's registry with the primary's catalog, window by window: inserts what is untracked, asks again for what is
  /// behind, renames what has another id, and, when the primary saw everything, removes what is gone or no longer selected.
  ///
  /// The registry's cursor is then the catalog's position, which was taken before its listing began; not so when the listing was
  /// incomplete.
  /// - Throws: `PrimaryAccessError`, what the stores throw. What was done until then stays; the next pass does the rest.
  @discardableResult public func reconcile(_ name: ReplicableName) async throws -> ReconciliationReport {
    let member = try table.member(name)
    var report = ReconciliationReport()
    guard try await isEnabled(member.kind) else { return report }
    var position: Cursor?
    var after: ReplicableID?
    // Removals come last, when the whole catalog was seen: what is missing here may stand further on under another id.
    var gone: [ReplicableID] = []
    while true {
      let page = try await primary.catalog(of: name, after: after, limit: Self.window)
      position = position ?? page.position
      report.isComplete = report.isComplete && page.isComplete
      let rows = page.rows.filter { member.selection.selects($0.id) }
      let last = page.isLast ? nil : page.rows.last?.id
      let entries = try await entries(after: after, through: last, member)
      let differences = ConsistencyWindow.differences(rows: rows, entries: entries)
      for row in differences.untracked {
        let isRename = try await member.registry.entry(of: row.incarnation) != nil
        try await announce(row.id, row.incarnation, row.generation, member)
        if isRename { report.renamed += 1 } else { report.inserted += 1 }
      }
      for row in differences.behind {
        try await announce(row.id, row.incarnation, row.generation ?? page.position.generation, member)
        report.requested += 1
      }
      gone += differences.gone
      guard let last else { break }
      after = last
    }
    guard report.isComplete else { return report }
    for id in gone where try await remove(id, member) { report.removed += 1 }
    report.waiting = await member.removals.waitingIDs
    if let position { try await member.registry.advance(to: position) }
    return report
  }

  private static let window = 1_000

  /// The registry's entries between two ids of the catalog, the second included; to the end when it is `nil`.
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

  /// Removes the copy and the entry of what is gone; one that came back meanwhile, or was renamed, is not gone.
  @discardableResult func remove(_ id: ReplicableID, _ member: Member) async throws -> Bool {
    guard let entry = try await member.registry.entry(of: id) else { return false }
    if member.selection.selects(id) {
      switch try await primary.standing(of: id, incarnation: entry.incarnation, member.kind.name) {
      case .present(let row) where entry.incarnation == nil || row.incarnation == entry.incarnation: return false
      case .moved, .unknown: return false
      case .present, .gone: break
      }
    }
    return try await member.removals.remove(id, at: environment.now())
  }

  /// Ids of a kind whose removal waits, because too much would be removed within a day.
  public func waitingRemovals(_ name: ReplicableName) async throws -> [ReplicableID] {
    try await table.member(name).removals.waitingIDs
  }

  /// Allows the removals that wait now; the next pass does them.
  public func confirmRemovals(_ name: ReplicableName) async throws {
    await (try table.member(name)).removals.confirm()
  }

  /// What differs between a window of the catalog and the registry: ids that are not tracked, and tracked ids that the primary
  /// does not have.
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
