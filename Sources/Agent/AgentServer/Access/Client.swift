internal import Agent
internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The origin of a request, as far as it is trustworthy.
struct Client: Hashable, Sendable {
  /// The address: the peer's, or from a trusted proxy's header; `socket` for a socket.
  let address: String
  /// Whether the request came from this machine and shows no sign of a proxy.
  let isOnThisMachine: Bool
  /// Whether it came over TLS, to this agent or to a trusted proxy.
  let isSecure: Bool
  /// The authority of the request to a trusted proxy; `nil` without one.
  let forwardedHost: String?

  /// The network by which the client is counted: of IPv6 the first 64 bits.
  var network: String { AddressRange.network(of: address) }

  /// A client of a socket in the state directory.
  static let socket = Client(address: "socket", isOnThisMachine: false, isSecure: false, forwardedHost: nil)

  private init(address: String, isOnThisMachine: Bool, isSecure: Bool, forwardedHost: String?) {
    self.address = address
    self.isOnThisMachine = isOnThisMachine
    self.isSecure = isSecure
    self.forwardedHost = forwardedHost
  }

  /// - Parameters:
  ///   - peer: the other end of the connection.
  ///   - isSecure: the connection is TLS.
  ///   - proxies: the proxies whose headers are trusted.
  init(_ headers: HTTPFields, peer: String, isSecure: Bool, trusting proxies: [AddressRange]) {
    let peer = AddressRange.normalized(peer) ?? peer
    let isTrusted = { (address: String) in proxies.contains { $0.contains(address) } }
    guard isTrusted(peer) else {
      // An unconfigured proxy: its clients may be anywhere, and its headers are not trusted.
      let isForwarded = ForwardingHeader.all.contains { headers[$0] != nil }
      self.init(
        address: peer, isOnThisMachine: !isForwarded && AddressRange.isLoopback(peer), isSecure: isSecure,
        forwardedHost: nil)
      return
    }
    // Each proxy appends its peer's address to those that it received: the last one that is no trusted proxy is the
    // client's, and earlier ones are set by the client.
    let addresses = ForwardingHeader.addresses(headers)
    let nearest = addresses.last { address in address.map { !isTrusted($0) } ?? true }
    let client: String? = if let nearest { nearest } else if let first = addresses.first { first } else { nil }
    let scheme = ForwardingHeader.last(headers, ForwardingHeader.scheme, "proto")?.lowercased()
    self.init(
      address: client ?? peer, isOnThisMachine: false, isSecure: isSecure || scheme == "https",
      forwardedHost: ForwardingHeader.last(headers, ForwardingHeader.host, "host"))
  }
}

/// The forwarding headers of proxies: `X-Forwarded-For` and the like, and `Forwarded` (RFC 7239) where those are
/// missing.
enum ForwardingHeader {
  static let address = HTTPField.Name("X-Forwarded-For")!
  static let scheme = HTTPField.Name("X-Forwarded-Proto")!
  static let host = HTTPField.Name("X-Forwarded-Host")!
  static let forwarded = HTTPField.Name("Forwarded")!

  /// Each of these shows that a request was forwarded.
  static let all =
    [
      "X-Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-Forwarded-Port", "X-Forwarded-Server",
      "X-Original-Forwarded-For", "X-Envoy-External-Address", "CF-Connecting-IP", "True-Client-IP", "Fastly-Client-IP",
      "X-ProxyUser-Ip", "Forwarded-For", "Client-IP", "X-Forwarded-By", "Via",
    ].compactMap { HTTPField.Name($0) } + [address, scheme, host, forwarded]

  /// Returns the addresses, the nearest one last; `nil` for an invalid address.
  static func addresses(_ headers: HTTPFields) -> [String?] {
    let plain = words(headers[values: address])
    let texts = plain.isEmpty ? elements(headers).compactMap { $0["for"] } : plain
    return texts.map(Self.host(of:))
  }

  /// Returns the last element of a header, or else the parameter of the last element of `Forwarded`.
  static func last(_ headers: HTTPFields, _ name: HTTPField.Name, _ parameter: String) -> String? {
    words(headers[values: name]).last ?? elements(headers).last?[parameter]
  }

  private static func words(_ values: [String]) -> [String] {
    values.flatMap { $0.split(separator: ",") }.map { trimmed($0) }.filter { !$0.isEmpty }
  }

  private static func elements(_ headers: HTTPFields) -> [[String: String]] {
    words(headers[values: forwarded]).map { element in
      var pairs: [String: String] = [:]
      for pair in element.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { continue }
        pairs[trimmed(parts[0]).lowercased()] = trimmed(parts[1]).replacing("\"", with: "")
      }
      return pairs
    }
  }

  /// Accepts `192.0.2.7`, `192.0.2.7:4711`, `[2001:db8::1]:4711` and `2001:db8::1`.
  private static func host(of text: String) -> String? {
    if text.hasPrefix("[") { return AddressRange.normalized(String(text.dropFirst().prefix { $0 != "]" })) }
    if let address = AddressRange.normalized(text) { return address }
    return AddressRange.normalized(String(text.prefix { $0 != ":" }))
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var text = text[...]
    while text.first == " " || text.first == "\t" { text = text.dropFirst() }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    return String(text)
  }
}

/// The origin of a browser's request: a page of another origin must change nothing here, even if the browser adds
/// credentials by itself (a session's cookie, the password of basic authentication). Clients other than browsers send
/// no origin.
enum RequestOrigin {
  private static let site = HTTPField.Name("Sec-Fetch-Site")!

  /// - Throws: `AgentFault` 403 for a request that changes something and comes from another site's page.
  static func check(_ request: Request, from client: Client, _ access: AccessControl) throws(AgentFault) {
    guard request.method != .get, request.method != .head else { return }
    guard isOurs(request, client, access) else {
      throw AgentFault(
        403, "foreign_origin", "take a request that is not of this page: a page of another site has sent it",
        hint: "open the page again, and send it from there")
    }
  }

  /// Whether a session's cookie is accepted for a read: at the stream, which only this page uses.
  static func mayUseCookie(_ request: Request) -> Bool {
    guard let site = request.headers[site]?.lowercased() else { return true }
    return site == "same-origin" || site == "none"
  }

  private static func isOurs(_ request: Request, _ client: Client, _ access: AccessControl) -> Bool {
    // Another port or name of this host is another origin, even if it shares cookies.
    guard mayUseCookie(request) else { return false }
    let origins = request.headers[values: .origin]
    return origins.allSatisfy { origin in
      let parts = origin.lowercased().split(separator: "://", maxSplits: 1)
      guard parts.count == 2, parts[0] == "https" || parts[0] == "http" && !client.isSecure else { return false }
      let own = [request.head.authority, client.forwardedHost, access.publicAuthority]
      return own.contains { $0?.lowercased() == String(parts[1]) }
    }
  }
}
