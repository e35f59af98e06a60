internal import TextBytes

/// The paths that a client requests, and the encoding of their parameters.
package enum AgentRoute {
  /// `AgentPath.events`.
  package static let events = AgentPath.events.rawValue
  /// `AgentPath.status`.
  package static let status = AgentPath.status.rawValue
  /// `AgentPath.sites`.
  package static let sites = AgentPath.sites.rawValue
  /// `AgentPath.siteReport`.
  package static let siteReport = AgentPath.siteReport.rawValue
  /// `AgentPath.nodeStatus`.
  package static let nodeStatus = AgentPath.nodeStatus.rawValue
  /// `AgentPath.promotion`.
  package static let promotion = AgentPath.promotion.rawValue
  /// `AgentPath.fence`.
  package static let fence = AgentPath.fence.rawValue
  /// `AgentPath.epoch`.
  package static let epoch = AgentPath.epoch.rawValue
  /// `AgentPath.features`.
  package static let features = AgentPath.features.rawValue
  /// `AgentPath.health`.
  package static let health = AgentPath.health.rawValue
  /// `AgentPath.readiness`.
  package static let readiness = AgentPath.readiness.rawValue
  /// `AgentPath.metrics`.
  package static let metrics = AgentPath.metrics.rawValue
  /// `AgentPath.stream`.
  package static let stream = AgentPath.stream.rawValue

  /// `AgentPath.nodeStatusOfSite`.
  package static func nodeStatus(of site: String) -> String { AgentPath.nodeStatusOfSite.of(site) }
  /// `AgentPath.catalog` of a kind.
  package static func catalog(_ kind: String) -> String { AgentPath.catalog.of(kind) }
  /// `AgentPath.standing` of a kind.
  package static func standing(_ kind: String) -> String { AgentPath.standing.of(kind) }
  /// `AgentPath.listing` of a kind.
  package static func listing(_ kind: String) -> String { AgentPath.listing.of(kind) }
  /// `AgentPath.registry` of a kind.
  package static func registry(_ kind: String) -> String { AgentPath.registry.of(kind) }
  /// `AgentPath.registryActions` of a kind.
  package static func registryAction(_ kind: String) -> String { AgentPath.registryActions.of(kind) }
  /// `AgentPath.explanation` of a kind.
  package static func explanation(_ kind: String) -> String { AgentPath.explanation.of(kind) }
  /// `AgentPath.transitions` of a kind.
  package static func transitions(_ kind: String) -> String { AgentPath.transitions.of(kind) }
  /// `AgentPath.trash` of a kind.
  package static func trash(_ kind: String) -> String { AgentPath.trash.of(kind) }
  /// `AgentPath.removals` of a kind.
  package static func removals(_ kind: String) -> String { AgentPath.removals.of(kind) }

  /// The repository of a replicable, for git.
  /// - Parameter incarnation: which one is meant; another one is answered with 409 `replaced`.
  package static func git(_ kind: String, _ id: String, incarnation: String? = nil) -> String {
    "\(AgentPath.git.fixed)\(encoded(kind))/\(carried(incarnation))\(encodedPath(id)).git"
  }

  /// The bytes of a file; parameters as of `git`.
  package static func blob(_ kind: String, _ id: String, incarnation: String? = nil) -> String {
    "\(AgentPath.blobs.fixed)\(encoded(kind))/\(carried(incarnation))\(encodedPath(id))"
  }

  /// The part of a path before an incarnation. No part of an id begins so.
  package static let incarnationMark = ".remora-incarnation"

  private static func carried(_ incarnation: String?) -> String {
    incarnation.map { "\(incarnationMark)/\(encoded($0))/" } ?? ""
  }

  /// Returns a path with a query; pairs without a value are left out. The same text is signed and sent.
  package static func path(_ path: String, _ query: [(String, String?)]) -> String {
    let pairs = query.compactMap { name, value in value.map { "\(encoded(name))=\(encoded($0))" } }
    return pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
  }

  /// Percent-encodes all but RFC 3986's unreserved characters.
  package static func encoded(_ text: String) -> String { PercentCoding.encode(text.utf8) }

  /// The same for an id, whose slashes stay.
  package static func encodedPath(_ id: String) -> String {
    PercentCoding.encode(id.utf8) { PercentCoding.isUnreserved($0) || $0 == UInt8(ascii: "/") }
  }
}

/// The headers that say what the lines of a listing do not. The body has a line `VALUE NAME` for each ref, HEAD among them.
package enum ListingHeader {
  /// `sha256:HEX` of the whole.
  package static let checksum = "Remora-Checksum"
}

/// What a refusal of a site's token says beside its body.
package enum SiteTokenHeader {
  /// The start of the agent that the next token must name; there when it named another one, or none.
  package static let start = "Remora-Start"
}

/// How long an agent's answer may be, in bytes after decompression, by route.
///
/// The limits of what sites ask each other follow from what an agent sends: a page of events has 4 MiB of lines and one more of
/// 1 MiB at most, a page of a catalog 1,000 rows of ids of 1 KiB at most. A site that says more is not understood.
package enum AnswerLimit {
  /// A page of events.
  package static let events = 12 << 20
  /// A page of a catalog.
  package static let catalog = 8 << 20
  /// One value: a standing, a fence, the receipt of a report.
  package static let value = 256 << 10
  /// A refusal, whatever was asked for.
  package static let refusal = 64 << 10
  /// What an operator's command asks the agent of its choice: a listing, the whole trash.
  package static let command = 1 << 30

  /// The limit of a successful answer from a path, with or without a query.
  package static func bytes(of pathAndQuery: String) -> Int {
    let parts = AgentPath.parts(of: pathAndQuery.prefix { $0 != "?" })
    return switch parts.flatMap(AgentPath.init(matching:)) {
    case .events: events
    case .catalog: catalog
    case .standing, .fence, .siteReport, .health, .readiness: value
    default: command
    }
  }
}
