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

/// A site's numbers under the field names of GitLab Geo (`GET /geo_nodes/status`); the article `NodeStatus` describes
/// each.
///
/// Every field is always there: `null` means that it does not apply to this site, or is unknown.
package struct NodeStatusRow: Encodable, Hashable, Sendable {
  /// What a field can hold.
  package enum Value: Encodable, Hashable, Sendable {
    case null
    case flag(Bool)
    case count(UInt64)
    case seconds(Double)
    case text(String)
    case fields([String: Value])

    /// As JSON.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .null: try container.encodeNil()
      case .flag(let value): try container.encode(value)
      case .count(let value): try container.encode(value)
      case .seconds(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .fields(let value): try container.encode(value)
      }
    }
  }

  /// By name.
  package private(set) var fields: [String: Value] = [:]

  /// A row without fields.
  package init() {}

  /// One field; `nil` is `null`.
  package subscript(name: String) -> Value? {
    get { fields[name] }
    set { fields[name] = newValue ?? .null }
  }

  /// A flat object.
  package func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
}
