package import Replication

/// The source of a list of repositories at a host without an agent.
package enum RosterSource: Hashable, Sendable {
  /// A file of `ID URL` lines.
  case list(path: String)
  /// A manifest of grokmirror's, by path or URL, with the address of each repository.
  case manifest(place: String, address: AddressTemplate)

  /// The file or URL.
  package var place: String {
    switch self {
    case .list(let path): path
    case .manifest(let place, _): place
    }
  }
}

/// The settings of a secondary's polls.
package struct PollSettings: Hashable, Sendable {
  /// The shortest and the longest time between two polls of a repository.
  package var interval: ClosedRange<Duration> = .seconds(60) ... .seconds(6 * 3_600)
  /// Polls of one host per minute, 1 or more.
  package var perMinute = 60

  /// The defaults.
  package init() {}
}
