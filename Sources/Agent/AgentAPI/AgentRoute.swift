internal import TextBytes

/// The paths of the API, and the encoding of their parameters.
package enum AgentRoute {
  /// Events: `POST` takes one in, `GET` is the feed.
  package static let events = "/api/v1/events"
  /// Everything about the site at a glance.
  package static let status = "/api/v1/status"
  /// All sites of this site's configuration and reports.
  package static let sites = "/api/v1/sites"
  /// A secondary reports its status to its primary.
  package static let siteReport = "/api/v1/sites/report"
  /// All sites under Geo's field names.
  package static let nodeStatus = "/geo_nodes/status"
  /// Makes a secondary the primary.
  package static let promotion = "/api/v1/promotion"
  /// How a primary stands, and that another one has replaced it.
  package static let fence = "/api/v1/fence"
  /// A site's epoch; `POST` sets it.
  package static let epoch = "/api/v1/epoch"
  /// Feature flags.
  package static let features = "/api/v1/features"
  /// The process is up.
  package static let health = "/healthz"
  /// The site's copies were compared with the primary and are no further behind than `ready.lag`; 503 otherwise.
  package static let readiness = "/readyz"
  /// Prometheus' text.
  package static let metrics = "/metrics"

  /// One site under Geo's field names.
  package static func nodeStatus(of site: String) -> String { "/geo_nodes/\(encoded(site))/status" }
  /// A primary's catalog of one kind.
  package static func catalog(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/catalog" }
  /// How one replicable stands on the primary's disk now.
  package static func standing(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/standing" }
  /// One replicable's content, listed afresh.
  package static func listing(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/listing" }
  /// A secondary's registry of one kind, or a primary's states.
  package static func registry(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/registry" }
  /// Asks for a sync or a verification of one or of many.
  package static func registryAction(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/registry/actions" }
  /// Why one replicable is as it is.
  package static func explanation(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/explanation" }
  /// What lies in the trash of a kind.
  package static func trash(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/trash" }
  /// Lets the removals go on that wait for a confirmation.
  package static func removals(_ kind: String) -> String { "/api/v1/kinds/\(encoded(kind))/removals" }

  /// The repository of a replicable, for git.
  /// - Parameter incarnation: which one is meant; another one is answered with 409 `replaced`.
  package static func git(_ kind: String, _ id: String, incarnation: String? = nil) -> String {
    "/git/\(encoded(kind))/\(carried(incarnation))\(encodedPath(id)).git"
  }

  /// The bytes of a file; parameters as of `git`.
  package static func blob(_ kind: String, _ id: String, incarnation: String? = nil) -> String {
    "/blobs/\(encoded(kind))/\(carried(incarnation))\(encodedPath(id))"
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
    let path = pathAndQuery.prefix { $0 != "?" }
    switch path {
    case AgentRoute.events: return events
    case AgentRoute.fence, AgentRoute.siteReport, AgentRoute.health, AgentRoute.readiness: return value
    default: break
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 6, path.hasPrefix("/api/v1/kinds/") else { return command }
    return switch parts[5] {
    case "catalog": catalog
    case "standing": value
    default: command
    }
  }
}
