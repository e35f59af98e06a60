package import Replication

/// Where it is written which repositories of a host without an agent there are.
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

/// How a secondary asks hosts whether something has changed.
package struct PollSettings: Hashable, Sendable {
  /// The shortest and the longest time between two looks at a repository.
  package var interval: ClosedRange<Duration> = .seconds(60) ... .seconds(6 * 3_600)
  /// Looks at one host in a minute, 1 or more.
  package var perMinute = 60

  /// The defaults.
  package init() {}
}
