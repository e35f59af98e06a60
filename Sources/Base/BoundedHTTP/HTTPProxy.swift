/// A proxy that stands between us and a server: one for HTTP (`CONNECT` for https, absolute request lines for http), or one for
/// everything (SOCKS 5).
package struct HTTPProxy: Sendable, Hashable {
  package enum Kind: Sendable { case http, socks5 }

  package let kind: Kind
  package let host: String
  package let port: Int
  /// Sent to the proxy, as basic authorization or as RFC 1929 says, and to no other host.
  package let credential: HTTPBasicCredential?

  /// - Parameters:
  ///   - host: name or address, without brackets; not empty.
  ///   - port: 1 to 65535.
  ///   - credential: `nil` for a proxy that asks for none.
  package init(_ kind: Kind = .http, host: String, port: Int, credential: HTTPBasicCredential? = nil) {
    precondition(!host.isEmpty && (1...65535).contains(port), "a proxy has a host and a port")
    self.kind = kind
    self.host = host
    self.port = port
    self.credential = credential
  }
}

extension HTTPProxy: CustomStringConvertible {
  /// Host and port only.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
