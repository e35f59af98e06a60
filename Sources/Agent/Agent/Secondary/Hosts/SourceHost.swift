internal import GitTransport

/// Names the host that a location leads to: what failures, pauses and limits are counted by.
enum SourceHost {
  /// All work of this machine, whatever host it asks.
  static let machine = "this machine"

  /// Scheme, host and port without user info, in small letters, such as `https://git.example.org`; `file://` for a path on this
  /// machine.
  static func name(of location: String) -> String {
    // What is no address at all is of no host: it fails for itself.
    guard let url = try? SourceURL(location) else { return "file://" }
    let scheme =
      switch url.kind {
      case .http: "http"
      case .https: "https"
      case .ssh: "ssh"
      case .git: "git"
      case .file: "file"
      }
    let host = url.host.contains(":") ? "[\(url.host)]" : url.host
    return "\(scheme)://\(host)" + (url.port.map { ":\($0)" } ?? "")
  }
}
