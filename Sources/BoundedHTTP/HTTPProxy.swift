/// An HTTP proxy that stands between us and a server: `CONNECT` for https, absolute request lines for http.
package struct HTTPProxy: Sendable, Hashable {
  package let host: String
  package let port: Int
  /// Sent to the proxy as basic authorization, and to nobody else.
  package let credential: HTTPBasicCredential?

  /// - Parameters:
  ///   - host: name or address, without brackets; not empty.
  ///   - port: 1 to 65535.
  ///   - credential: `nil` for a proxy that asks for none.
  package init(host: String, port: Int, credential: HTTPBasicCredential? = nil) {
    precondition(!host.isEmpty && (1...65535).contains(port), "a proxy has a host and a port")
    self.host = host
    self.port = port
    self.credential = credential
  }
}

extension HTTPProxy: CustomStringConvertible {
  /// Host and port only.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
