import BoundedHTTP

/// Which proxy leads to a host, by the environment variables that curl and git follow.
///
/// | Variable | For |
/// |---|---|
/// | `http_proxy`, lower case only (a web server sets `HTTP_PROXY` from a request header) | `http://` |
/// | `https_proxy`, `HTTPS_PROXY` | `https://` |
/// | `all_proxy`, `ALL_PROXY` | both, when the one above is not set |
/// | `no_proxy`, `NO_PROXY` | hosts, domains, `host:port`, addresses or `*` that are reached straight |
struct ProxyEnvironment: Sendable {
  /// Without a port curl takes this one.
  private static let usualPort = 1080

  private let environment: [String: String]
  private let exceptions: [Substring]

  init(_ environment: [String: String]) {
    self.environment = environment
    let list = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
    exceptions = list.lowercased().split { $0 == "," || $0.isWhitespace }
  }

  /// The proxy for an origin; `nil` to go straight.
  /// - Throws: `unsupported_source` for a kind of proxy that Remora does not speak, `invalid_url` for a value that is
  ///   no address.
  func proxy(for origin: HTTPOrigin) throws(TransportError) -> HTTPProxy? {
    let names = origin.isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
    for name in names + ["all_proxy", "ALL_PROXY"] {
      // Set and empty means: none, and no other variable either.
      guard let value = environment[name] else { continue }
      return value.isEmpty || isException(origin) ? nil : try Self.parse(value, name: name)
    }
    return nil
  }

  private func isException(_ origin: HTTPOrigin) -> Bool {
    exceptions.contains { entry in
      if entry == "*" { return true }
      var host = entry
      if entry.hasPrefix("["), let end = entry.firstIndex(of: "]") {
        host = entry[entry.index(after: entry.startIndex)..<end]
        let port = entry[end...].dropFirst(2)
        guard port.isEmpty || Int(port) == origin.port else { return false }
      } else if let colon = entry.firstIndex(of: ":"), entry.lastIndex(of: ":") == colon {
        host = entry[..<colon]
        guard Int(entry[colon...].dropFirst()) == origin.port else { return false }
      }
      while host.hasPrefix(".") { host.removeFirst() }
      return !host.isEmpty && (origin.host == host || origin.host.hasSuffix(".\(host)"))
    }
  }

  private static func parse(_ value: String, name: String) throws(TransportError) -> HTTPProxy {
    let operation = "read the proxy in"
    var rest = value[...]
    var kind = HTTPProxy.Kind.http
    if let separator = value.firstRange(of: "://") {
      let scheme = value[..<separator.lowerBound].lowercased()
      rest = value[separator.upperBound...]
      // With `socks5h` the proxy looks names up; with `socks5` curl does. Here always the proxy, which can do both.
      if scheme == "socks5" || scheme == "socks5h" { kind = .socks5 }
      guard scheme == "http" || kind == .socks5 else {
        throw TransportError(
          .unsupportedSource, operation: operation, subject: name, cause: "'\(scheme)' proxies are not supported",
          hint: "name an http:// or socks5h:// proxy, or list the host in no_proxy")
      }
    }
    do throws(SourceURL.Flaw) {
      let authority = try SourceURL.Authority(rest.prefix { $0 != "/" })
      return HTTPProxy(
        kind, host: authority.host, port: authority.port ?? usualPort, credential: authority.credential)
    } catch {
      throw TransportError(
        error.code, operation: operation, subject: name, cause: error.reason,
        hint: "write http://HOST:PORT or socks5h://HOST:PORT")
    }
  }
}
