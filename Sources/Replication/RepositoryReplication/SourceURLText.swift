internal import GitTransport

/// Addresses of repositories as texts that may be logged and counted by.
package enum SourceURLText {
  /// Removes user info and query; `nil` for an invalid address.
  package static func redacted(_ location: String) -> String? {
    do {
      return try SourceURL(location).redacted
    } catch {
      // The sync reports the error.
      return nil
    }
  }

  /// Scheme, host and port without user info, in lower case, such as `https://git.example.org`; `file://` for a path on
  /// this machine; `nil` for an invalid address.
  package static func host(of location: String) -> String? {
    guard let url = try? SourceURL(location) else { return nil }
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
