/// A token for one host, and where it is written down.
package struct HostToken: Sendable, Hashable {
  /// Read when a server asks, so that it may be changed while we run.
  package enum Place: Sendable, Hashable {
    case file(String)
    /// The name of a variable of the environment.
    case environment(String)
  }

  /// Lower case, without brackets.
  package let host: String
  /// `nil` for every port.
  package let port: Int?
  package let place: Place

  /// - Parameter host: as in an address, with or without a port: "git.example.org", "git.example.org:8443".
  /// - Throws: `TransportError` (invalid_url) for an invalid host.
  package init(host: String, place: Place) throws(TransportError) {
    do throws(SourceURL.Flaw) {
      let authority = try SourceURL.Authority(host[...])
      (self.host, port, self.place) = (authority.host, authority.port, place)
    } catch {
      throw TransportError(.invalidURL, operation: "read the host", subject: "'\(host)'", cause: error.reason)
    }
  }

  func fits(_ source: SourceURL) -> Bool {
    guard let origin = source.origin else { return false }
    return origin.host == host && (port == nil || port == origin.port)
  }
}
