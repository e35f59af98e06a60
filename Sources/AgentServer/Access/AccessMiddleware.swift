internal import AgentAPI
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
internal import SiteTokens

/// Finds out who asks, before any route: by a site's token, which covers the very request, by a person's, or by the door.
package struct AccessMiddleware: RouterMiddleware {
  package typealias Context = AgentContext

  /// Through which door the requests come.
  package enum Door: Sendable {
    /// The network.
    case network(AccessControl)
    /// A socket whose mode lets in only who may do everything.
    case adminSocket
    /// A socket of events, for hooks.
    case eventSocket
  }

  private let door: Door
  private let bodyBytes: Int
  private let rates: PeerRates
  private let sessions: Sessions?

  /// The check at one door.
  ///
  /// - Parameters:
  ///   - bodyBytes: how long a body may be, but for git's.
  ///   - sessions: of people who have signed in; `nil` where nobody can.
  init(_ door: Door, bodyBytes: Int, rates: PeerRates = .init(), sessions: Sessions? = nil) {
    self.rates = rates
    self.sessions = sessions
    self.door = door
    self.bodyBytes = bodyBytes
  }

  /// Lets the request in, with its identity.
  package func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    var (request, context) = (request, context)
    var refused: @Sendable () -> Void = {}
    // What a fetch sends are the tips of a copy, and there may be many.
    let path = request.uri.path
    context.bodyBytes =
      path.hasPrefix("/git/") ? BodyLimit.git : path.hasPrefix("/webhooks/") ? BodyLimit.webhooks : bodyBytes
    if let length = request.headers[.contentLength].flatMap(Int.init), length > context.bodyBytes {
      throw AgentFault(413, "too_large", "take a body of \(length) bytes: \(context.bodyBytes) are the most")
    }
    switch door {
    case .adminSocket, .eventSocket: context.identity = .admin
    case .network(let access):
      let peer = context.channel.remoteAddress?.ipAddress ?? ""
      try rates.admit(peer)
      refused = { [rates] in rates.refused(peer) }
      try access.check(host: request.head.authority)
      do {
        context.identity = try await identity(&request, context, access)
      } catch {
        // A site that only has to name our start is no stranger.
        if (error as? SiteTokenError)?.code != .retry { rates.refused(peer) }
        throw error
      }
    }
    do {
      return try await next(request, context)
    } catch let fault as AgentFault where fault.code == "bad_signature" {
      // A route that looks at a signature of its own.
      refused()
      throw fault
    }
  }

  private func identity(
    _ request: inout Request, _ context: AgentContext, _ access: AccessControl
  ) async throws -> Identity {
    guard let header = request.headers[.authorization] else {
      if let role = sessions?.role(of: request, access) { return role == .admin ? .admin : .reader }
      return access.trustsLoopback && Self.isLocal(context.channel.remoteAddress) ? .neighbour : .nobody
    }
    let siteToken = Self.bearer(header).flatMap { $0.contains(".") ? $0 : nil }
    let peer = context.channel.remoteAddress?.ipAddress ?? ""
    if siteToken == nil { try rates.admitGuess(peer) }
    switch access.role(ofAuthorization: header) {
    case .admin: return .admin
    case .reader: return .reader
    case nil: break
    }
    guard let token = siteToken else {
      rates.guessed(peer)
      throw AccessControl.unknownToken
    }
    // What the token covers is the body as it came.
    let body = try await request.body.collect(upTo: context.bodyBytes)
    request.body = .init(buffer: body)
    return .site(
      try await access.site(
        token: token, method: request.method.rawValue, pathAndQuery: request.head.path ?? "",
        body: body.readableBytesView))
  }

  private static func bearer(_ header: String) -> String? {
    guard header.count > 7, header.prefix(7).lowercased() == "bearer " else { return nil }
    return String(header.dropFirst(7))
  }

  private static func isLocal(_ address: SocketAddress?) -> Bool {
    guard let ip = address?.ipAddress else { return false }
    return ip == "::1" || ip.hasPrefix("127.") || ip.hasPrefix("::ffff:127.")
  }
}

extension AgentContext {
  /// - Throws: `AgentFault` 401 or 403 for whoever may not read what people on this machine may read.
  func requireReaderOrNeighbour() throws(AgentFault) {
    if identity != .neighbour { try requireReader() }
  }

  /// - Throws: `AgentFault` 401 or 403 for whoever may not read what people read.
  func requireReader() throws(AgentFault) {
    switch identity {
    case .reader, .admin: return
    case .nobody, .neighbour: throw Self.unauthorized
    case .site:
      throw AgentFault(403, "forbidden", "read this: a site's token is not for it", hint: "use a reader's token")
    }
  }

  /// - Throws: `AgentFault` 401 or 403 for whoever may not change things.
  func requireAdmin() throws(AgentFault) {
    switch identity {
    case .admin: return
    case .nobody, .neighbour: throw Self.unauthorized
    case .reader, .site: throw AgentFault(403, "forbidden", "change this: it takes an admin's token")
    }
  }

  /// - Returns: the site's name; `nil` for people.
  /// - Throws: `AgentFault` 401 for nobody.
  @discardableResult func requireSiteOrReader() throws(AgentFault) -> String? {
    switch identity {
    case .site(let name): return name
    case .reader, .admin: return nil
    case .nobody, .neighbour: throw Self.unauthorized
    }
  }

  private static let unauthorized = AgentFault(
    401, "unauthorized", "do this without a token", hint: "send one: Authorization: Bearer …")
}
