internal import RepositoryReplication
internal import Scheduling

/// Returns the host of a location, by which failures, pauses and limits are counted.
enum SourceHost {
  /// The name that failures of this machine are counted under.
  static let machine = HostTable.machine

  /// Scheme, host and port without user info, in small letters, such as `https://git.example.org`; `file://` for a path
  /// on this machine.
  static func name(of location: String) -> String {
    // An invalid address belongs to no host: only its own repository fails.
    SourceURLText.host(of: location) ?? "file://"
  }
}
