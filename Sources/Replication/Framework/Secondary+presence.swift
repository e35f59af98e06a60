extension Secondary {
  /// Compares a kind's registry with what lies below the root of its copies, and asks for a sync of each copy that is no longer there.
  ///
  /// Copies that never were complete, and those whose replicable is not offered, are left alone. Nothing is concluded from a listing
  /// that is not complete, nor from a root that may be a disk that is not mounted.
  /// - Returns: the ids whose copies were missing.
  /// - Throws: what the strategy and the stores throw.
  @discardableResult public func findMissingCopies(_ name: ReplicableName) async throws -> [ReplicableID] {
    let member = try table.member(name)
    guard try await isEnabled(member.kind) else { return [] }
    let directory = try await member.strategy.catalog()
    // A root without anything is a failure of the site, and `presence` below reports it.
    guard directory.isComplete else { return [] }
    let found = Set(directory.rows.map(\.id))
    var missing: [ReplicableID] = []
    var last: ReplicableID?
    while true {
      let window = try await member.registry.window(after: last, limit: Self.presenceWindow)
      for entry in window where entry.state == .synced && !found.contains(entry.replicableID) {
        // It may have been put there or renamed while the listing ran.
        guard try await member.strategy.presence(of: entry.replicableID) == .absent else { continue }
        let isMissing = try await member.registry.change(entry.replicableID) { current, _ in
          guard current?.state == .synced else { return false }
          current?.resync()
          return true
        }
        if isMissing { missing.append(entry.replicableID) }
      }
      guard window.count == Self.presenceWindow, let end = window.last?.replicableID else { return missing }
      last = end
    }
  }

  private static var presenceWindow: Int { 1_000 }
}
