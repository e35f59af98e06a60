/// One replicable of a primary's catalog.
package struct CatalogEntryRow: Codable, Hashable, Sendable {
  /// The id within the kind.
  package var id: String
  /// 16 hexadecimal digits.
  package var incarnation: String
  /// `LOG:ID` of the last event about it.
  package var generation: String?
  /// The last reading, if there is one.
  package var reading: ReadingRow?
  /// When that event was published, if known.
  package var announcedAt: String?

  /// A row.
  package init(
    id: String, incarnation: String, generation: String?, reading: ReadingRow?, announcedAt: String? = nil
  ) {
    self.id = id
    self.incarnation = incarnation
    self.generation = generation
    self.reading = reading
    self.announcedAt = announcedAt
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
  /// The kind's feature is on; without the member it is.
  package var isEnabled: Bool?
  /// How many things of the kind's root the listing left out.
  package var leftOutCount: Int?
  /// The first few of them, `PATH: REASON`.
  package var leftOut: [String]?
  /// Addresses of content may carry an incarnation, which is compared. Missing in answers of older versions.
  package var comparesIncarnations: Bool?

  /// A page.
  package init(
    rows: [CatalogEntryRow], position: String, isComplete: Bool, isLast: Bool, isEnabled: Bool? = nil
  ) {
    comparesIncarnations = true
    self.rows = rows
    self.position = position
    self.isComplete = isComplete
    self.isLast = isLast
    self.isEnabled = isEnabled
  }
}

/// How a replicable stands on the primary's disk.
package struct ReplicableStatusRow: Codable, Hashable, Sendable {
  /// Its state.
  package var standing: Word<StandingWord>
  /// With `present` and `moved`.
  package var row: CatalogEntryRow?
  /// With `unknown`.
  package var reason: String?
  /// With `unknown`: the primary does not offer it, because it is `excluded`, `unavailable` or `broken`. Secondaries
  /// that do not read this member conclude nothing, which is right too.
  package var notOffered: Word<NotReplicatedReason>?
  /// Where marks were asked about, and it is present: whether it holds all of them.
  package var holdsMarks: Bool?

  /// A standing.
  package init(
    standing: StandingWord, row: CatalogEntryRow? = nil, reason: String? = nil,
    notOffered: Word<NotReplicatedReason>? = nil
  ) {
    self.standing = .known(standing)
    self.row = row
    self.reason = reason
    self.notOffered = notOffered
  }
}
