/// A site as another one, or it itself, sees it.
package struct SiteRow: Codable, Hashable, Sendable {
  /// Its name.
  package var name: String
  /// Its role.
  package var role: Word<AgentRole>
  /// `unknown` where it has never reported.
  package var health: Word<SiteCondition>
  /// Why it is not healthy, one line each.
  package var problems: [String]
  /// When it sent its last report; `nil` where it never did. RFC 3339, UTC.
  package var reportedAt: String?
  /// On a primary, of a secondary: how many lines of the log it has not taken yet.
  package var eventsBehind: UInt64?
  /// The complete last report.
  package var status: StatusRow?

  /// Creates a site without a report; other fields are set by name.
  package init(name: String, role: Word<AgentRole>) {
    self.name = name
    self.role = role
    health = .known(.unknown)
    problems = []
  }
}

/// A site's list of sites: on a primary itself and its secondaries, on a secondary itself.
package struct SitesPage: Codable, Hashable, Sendable {
  /// The site that answers comes first.
  package var sites: [SiteRow]

  /// A page.
  package init(sites: [SiteRow]) { self.sites = sites }
}
