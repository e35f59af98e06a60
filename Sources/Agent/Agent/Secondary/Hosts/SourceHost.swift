internal import RepositoryReplication

/// Names the host that a location leads to: what failures, pauses and limits are counted by.
enum SourceHost {
  /// All work of this machine, whatever host it asks.
  static let machine = "this machine"

  /// Scheme, host and port without user info, in small letters, such as `https://git.example.org`; `file://` for a path on this
  /// machine.
  static func name(of location: String) -> String {
    // What is no address at all is of no host: it fails for itself.
    SourceURLText.host(of: location) ?? "file://"
  }
}
