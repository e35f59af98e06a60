internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird

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
