/// One replicable of a primary's catalog.
package struct CatalogEntryRow: Codable, Hashable, Sendable {
  /// The id within the kind.
  package var id: String
  /// 16 hexadecimal digits.
  package var incarnation: String
  /// `LOG:ID` of the last event about it.
  package var generation: String?
  /// The last reading, if known.
  package var reading: ReadingRow?

  /// A row.
  package init(id: String, incarnation: String, generation: String?, reading: ReadingRow?) {
    self.id = id
    self.incarnation = incarnation
    self.generation = generation
    self.reading = reading
  }
}

/// A part of a catalog.
package struct CatalogPageRow: Codable, Hashable, Sendable {
  /// In order of ids.
  package var rows: [CatalogEntryRow]
  /// `LOG:ID:CHAIN`: the log's position before the listing began.
  package var position: String
  /// The listing saw everything.
  package var isComplete: Bool
  /// There is no further part.
  package var isLast: Bool

  /// A page.
  package init(rows: [CatalogEntryRow], position: String, isComplete: Bool, isLast: Bool) {
    self.rows = rows
    self.position = position
    self.isComplete = isComplete
    self.isLast = isLast
  }
}

/// How a replicable stands on the primary's disk.
package struct StandingRow: Codable, Hashable, Sendable {
  /// `present`, `moved`, `gone` or `unknown`.
  package var standing: String
  /// With `present` and `moved`.
  package var row: CatalogEntryRow?
  /// With `unknown`.
  package var reason: String?

  /// A standing.
  package init(standing: String, row: CatalogEntryRow? = nil, reason: String? = nil) {
    self.standing = standing
    self.row = row
    self.reason = reason
  }
}
