/// Scheme, host and port: what credentials belong to, and what is remembered about a server.
struct HTTPOrigin: Hashable, Sendable {
  let isSecure: Bool
  /// Lower case, without brackets.
  let host: String
  let port: Int
}

extension HTTPOrigin: CustomStringConvertible {
  var description: String {
    let name = host.contains(":") ? "[\(host)]" : host
    let usualPort = isSecure ? 443 : 80
    return "\(isSecure ? "https" : "http")://\(name)\(port == usualPort ? "" : ":\(port)")"
  }
}
