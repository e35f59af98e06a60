/// Compares a window of the primary's catalog with the same window of a registry.
package enum ConsistencyWindow {
  /// What differs.
  package struct Differences: Hashable, Sendable {
    /// Rows whose id no entry has, in order; those of `renamed` among them.
    package var untracked: [CatalogRow] = []
    /// Rows whose entry has not recorded the row's last event, or is of another incarnation.
    package var behind: [CatalogRow] = []
    /// Rows of entries that are not behind, whose reading differs from the one that verified the copy: its event was
    /// never published, or was lost.
    package var read: [CatalogRow] = []
    /// Untracked rows whose incarnation an entry of this window has under another id, with that id. An entry in another
    /// window is not seen here; the caller finds it in the registry by its incarnation.
    package var renamed: [Rename] = []
    /// Entries whose id no row has and which are not renamed, in order. Empty when the listing was incomplete: a gap
    /// proves nothing then.
    package var gone: [ReplicableID] = []
  }

  /// One incarnation under a new id.
  package struct Rename: Hashable, Sendable {
    /// The id that its entry has.
    package var id: ReplicableID
    /// Where it is now.
    package var row: CatalogRow
  }

  /// Walks both once, together.
  ///
  /// - Parameters:
  ///   - rows: the catalog's, in order of ids.
  ///   - entries: the registry's between the same two ids, in order of ids.
  ///   - position: the log's, before the catalog's listing began.
  ///   - isComplete: whether the catalog's listing was complete.
  package static func differences(
    rows: [CatalogRow], entries: [RegistryEntry], position: Generation? = nil, isComplete: Bool = true
  ) -> Differences {
    var differences = Differences()
    var missing: [RegistryEntry] = []
    var (row, entry) = (0, 0)
    while row < rows.count || entry < entries.count {
      if entry == entries.count || row < rows.count && rows[row].id < entries[entry].replicableID {
        differences.untracked.append(rows[row])
        row += 1
      } else if row == rows.count || entries[entry].replicableID < rows[row].id {
        missing.append(entries[entry])
        entry += 1
      } else {
        if entries[entry].isBehind(rows[row], at: position) {
          differences.behind.append(rows[row])
        } else if entries[entry].isContradicted(by: rows[row]) {
          differences.read.append(rows[row])
        }
        row += 1
        entry += 1
      }
    }
    differences.pair(missing)
    if !isComplete { differences.gone = [] }
    return differences
  }
}

extension ConsistencyWindow.Differences {
  /// Separates replicables that are gone from those that were renamed.
  fileprivate mutating func pair(_ missing: [RegistryEntry]) {
    guard !missing.isEmpty else { return }
    let untrackedRows = Dictionary(untracked.map { ($0.incarnation, $0) }) { first, _ in first }
    for entry in missing {
      if let incarnation = entry.incarnation, let row = untrackedRows[incarnation] {
        renamed.append(ConsistencyWindow.Rename(id: entry.replicableID, row: row))
      } else {
        gone.append(entry.replicableID)
      }
    }
  }
}

extension CatalogRow {
  /// Returns the generation to announce to an entry when this row comes from the catalog and not from an event.
  ///
  /// It is never after the catalog's position: that event arrives later by itself, and a registry with generations
  /// after its cursor could not detect that the log was restored to a place between the two. Without an event it is the
  /// position: a sync after the listing holds all that was logged before it.
  package func announced(at position: Generation) -> Generation {
    guard let generation, !(generation.log == position.log && generation.id > position.id) else { return position }
    return generation
  }

  /// The generation to announce to an entry that waits for a sync.
  ///
  /// That sync lists after the whole catalog was listed, so it holds every generation up to the position. With the
  /// reading's generation the reading can prove the copy, and no event was announced between the two.
  package func wantedBeforeSync(at position: Generation) -> Generation {
    let announced = announced(at: position)
    guard let read = reading?.generation, position.covers(read), generation.map({ read.covers($0) }) ?? true else {
      return announced
    }
    return read
  }
}

extension RegistryEntry {
  /// Whether the catalog has a reading other than the one that verified this copy.
  fileprivate func isContradicted(by row: CatalogRow) -> Bool {
    guard verificationState == .succeeded, let reading = row.reading else { return false }
    return reading.checksum != verificationChecksum
  }

  /// Whether the catalog has a generation that this entry has not recorded. Generations of two logs cannot be compared,
  /// so one of another log counts as new.
  fileprivate func isBehind(_ row: CatalogRow, at position: Generation?) -> Bool {
    guard row.incarnation == incarnation else { return true }
    // The primary offers it again, or has it again.
    guard notOffered == nil, removalWaitingSince == nil else { return true }
    guard let generation = row.generation else { return false }
    let announced = position.map { row.announced(at: $0) } ?? generation
    return wanted.map { !$0.covers(announced) } ?? true
  }
}
