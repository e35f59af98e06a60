/// Scheme, host and port: the key of credentials and of a server's properties.
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
