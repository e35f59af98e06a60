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
