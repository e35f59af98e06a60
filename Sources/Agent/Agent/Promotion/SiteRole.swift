internal import SiteTokens

/// The role of a site, determined by its configuration and its record of promotions only.
///
/// The article `Promotion` has the table. A site that is configured as a secondary is a primary only from its promotion
/// until another site replaces it; then its configuration determines its role again. A site that is configured as a
/// primary and was replaced refuses all requests until its configuration is changed or it is promoted.
package enum SiteRole: Hashable, Sendable {
  /// The role by the configuration.
  package enum Configured: Hashable, Sendable {
    /// `role: primary`.
    case primary
    /// `role: secondary` with the URL of its primary's agent.
    case secondary(of: String)
    /// `role: secondary` without a primary: its kinds have lists.
    case listed
  }

  /// Publishes events, serves its secondaries.
  case primary
  /// The same, although it is configured as a secondary: it was promoted.
  case promoted
  /// Was replaced by this site, and refuses all requests.
  case fenced(by: String)
  /// Follows the primary that the configuration names.
  case secondary
  /// Follows lists.
  case listed

  /// The role of a site.
  package init(_ configured: Configured, _ record: EpochRecord) {
    switch configured {
    case .listed: self = .listed
    case .primary: self = record.fence.map { .fenced(by: $0.by) } ?? .primary
    case .secondary(let url):
      let isPromoted = record.promotion.map { Self.same($0.formerURL, url) } ?? false
      self = isPromoted && record.fence == nil ? .promoted : .secondary
    }
  }

  /// Whether a site of this role has an event log and answers other sites.
  package var isPrimary: Bool {
    switch self {
    case .primary, .promoted, .fenced: true
    case .secondary, .listed: false
    }
  }

  /// Whether two addresses are of the same agent: scheme and host in any case, with or without a slash at the end.
  private static func same(_ first: String, _ second: String) -> Bool { plain(first) == plain(second) }

  private static func plain(_ url: String) -> String {
    let text = url.lowercased()
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}

extension AgentConfiguration {
  /// Returns the site's present role.
  package func siteRole(_ record: EpochRecord) -> SiteRole { SiteRole(configuredRole, record) }

  /// The role by the configuration alone.
  package var configuredRole: SiteRole.Configured {
    guard role == .secondary else { return .primary }
    return primary.map { .secondary(of: $0.url) } ?? .listed
  }

  /// Returns the name of the primary that this site has replaced, if recorded.
  package func formerName(_ record: EpochRecord) -> String? { primary?.name?.text ?? record.promotion?.formerName }

  /// Returns the sites that may replace this one while it is the primary.
  package func promotionRights(_ record: EpochRecord) -> Set<String> {
    switch siteRole(record) {
    case .primary, .fenced: Set(secondaries.filter(\.mayPromote).map(\.name.text))
    // Only the site that it replaced may follow it, and may be promoted again.
    case .promoted: Set(formerName(record).map { [$0] } ?? [])
    case .secondary, .listed: []
    }
  }
}
