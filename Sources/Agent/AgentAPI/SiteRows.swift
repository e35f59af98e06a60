/// A site as another one, or it itself, sees it.
package struct SiteRow: Codable, Hashable, Sendable {
  /// Its name.
  package var name: String
  /// `primary` or `secondary`.
  package var role: String
  /// `healthy`, `unhealthy`, or `unknown` where it has never told.
  package var health: String
  /// Why it is not healthy, one line each.
  package var problems: [String]
  /// When it told what is known of it; `nil` where it has never told. RFC 3339, UTC.
  package var reportedAt: String?
  /// On a primary, of a secondary: how many lines of the log it has not taken yet.
  package var eventsBehind: UInt64?
  /// All that it told, as it told it.
  package var status: StatusRow?

  /// A site of which nothing is known; the rest is set by name.
  package init(name: String, role: String) {
    self.name = name
    self.role = role
    health = "unknown"
    problems = []
  }
}

/// The sites that a site knows of: on a primary itself and its secondaries, on a secondary itself.
package struct SitesPage: Codable, Hashable, Sendable {
  /// The site that answers comes first.
  package var sites: [SiteRow]

  /// A page.
  package init(sites: [SiteRow]) { self.sites = sites }
}
