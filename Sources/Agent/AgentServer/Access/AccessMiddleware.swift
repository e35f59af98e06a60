internal import Agent
internal import AgentAPI
internal import HTTPTypes
package import Hummingbird
internal import NIOCore
internal import SiteTokens

/// Authenticates each request before any route: by a site's token, which covers this request only, by a reader's or
/// admin's token, by a session's cookie where the route accepts one, or by the listener. Then it applies the route's
/// rule (`AgentOperation.all`).
///
/// No byte of a body is read before that. A site's token is verified by the head; the body's digest is compared while
/// the route reads it.
package struct AccessMiddleware: RouterMiddleware {
  package typealias Context = AgentContext

  /// The listener of the requests.
  package enum Door: Sendable {
    /// The network.
    case network(AccessControl)
    /// The admin socket, whose mode restricts it to administrators.
    case adminSocket
    /// A socket of events, for hooks.
    case eventSocket
  }

  /// Counters over all connections.
  struct Shares: Sendable {
    var rates = PeerRates()
    /// Bodies that are kept in memory.
    var memory = BodyBudget(most: 128 << 20, largest: BodyLimit.webhooks, setting: "limits.request_memory")
    /// Bodies that are kept on disk.
    var spool = BodyBudget(most: 2 << 30, largest: BodyLimit.git, setting: "limits.request_spool")
  }

  private let door: Door
  private let bodyBytes: Int
  private let takesDeliveries: Bool
  private let shares: Shares
  private let sessions: Sessions?

  /// Creates the check of one listener.
  ///
  /// - Parameters:
  ///   - bodyBytes: the limit of a value's body.
  ///   - takesDeliveries: whether forges may send deliveries here; otherwise their bodies are not read.
  ///   - sessions: of clients that have signed in; `nil` where there is no page.
  init(
    _ door: Door, bodyBytes: Int, takesDeliveries: Bool, shares: Shares = .init(), sessions: Sessions? = nil
  ) {
    self.takesDeliveries = takesDeliveries
    self.shares = shares
    self.sessions = sessions
    self.door = door
    self.bodyBytes = bodyBytes
  }

  /// Authenticates the request and calls `next` with its identity.
  package func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    var (request, context) = (request, context)
    let rule = RouteTable.operation(for: request.method, request.uri.path)
    context.bodyBytes = limit(of: rule?.body ?? .none)
    if let length = request.declaredLength, length > context.bodyBytes {
      throw AgentFault.tooLarge(length == .max ? nil : length, context.bodyBytes)
    }
    guard AgentPath.parts(of: request.head.path?.prefix { $0 != "?" }.description ?? "") != nil else {
      throw AgentFault(404, "not_found", "find this path: it has an empty part, or does not begin with a slash")
    }
    var admission: SiteAdmission?
    switch door {
    case .adminSocket, .eventSocket: context.identity = .admin
    case .network(let access):
      context.client = access.client(of: request, context.channel)
      try access.check(host: request.head.authority)
      try RequestOrigin.check(request, from: context.client, access)
      admission = try await identify(request, rule, &context, access)
      try shares.rates.admit(context.identity.asker(context.client))
    }
    context.trace?.note(context.person, context.identity)
    // A request without a rule has no route, regardless of the router.
    guard let rule else { throw HTTPError(.notFound) }
    guard takesDeliveries || rule.body != .delivery else {
      throw AgentFault(
        404, "not_found", "take a webhook: the configuration has none",
        hint: "add webhook: { id: \"{full_name}\", secret_file: … } to a kind")
    }
    try rule.role.check(context.identity)
    let lease = try await receive(&request, rule, context, admission)
    defer { lease?.lease?.end() }
    let response: Response
    do {
      response = try await next(request, context)
    } catch let fault as AgentFault where fault.code == "bad_signature" {
      // A route that verifies its own signature.
      try shares.rates.refuse(context.client, .signature)
      throw fault
    } catch {
      throw lease?.verdict.refusal ?? error
    }
    // The route's answer is discarded if the body was not the signed one.
    if let refusal = lease?.verdict.refusal { throw refusal }
    return response
  }

  private func limit(of body: AgentOperation.Body) -> Int {
    switch body {
    case .none, .value: bodyBytes
    case .form: min(bodyBytes, BodyLimit.forms)
    case .delivery: BodyLimit.webhooks
    case .git: BodyLimit.git
    }
  }

  // MARK: Who asks

  /// - Returns: the expected body of a site's request.
  private func identify(
    _ request: Request, _ rule: AgentOperation?, _ context: inout AgentContext, _ access: AccessControl
  ) async throws -> SiteAdmission? {
    let client = context.client
    guard let header = request.headers[.authorization] else {
      if let sessions, let cookie = cookie(of: request, rule, client),
        let person = sessions.person(ofCookie: cookie, access)
      {
        context.person = person
        context.identity = person.role == .admin ? .admin : .reader
        context.isStillAdmitted = { sessions.person(ofCookie: cookie, access) != nil }
      } else {
        context.identity = access.trustsLoopback && client.isOnThisMachine ? .neighbour : .anonymous
      }
      return nil
    }
    context.isStillAdmitted = { access.role(ofAuthorization: header) != nil }
    context.person = access.person(ofAuthorization: header)
    switch context.person?.role {
    case .admin:
      context.identity = .admin
      return nil
    case .reader:
      context.identity = .reader
      return nil
    case nil: break
    }
    guard let token = Self.bearer(header), token.contains(".") else {
      try shares.rates.refuse(client, .token)
      throw AccessControl.unknownToken
    }
    do {
      let admission = try await access.site(
        token: token, method: request.method.rawValue, pathAndQuery: request.head.path ?? "")
      context.identity = .site(admission.identity.name.text)
      return admission
    } catch {
      // A site that only lacks this agent's start is not counted.
      if (error as? SiteTokenError)?.code != .retry { try shares.rates.refuse(client, .signature) }
      throw error
    }
  }

  /// Returns the cookie of a session, where the route accepts it. Elsewhere a cookie that a browser adds by itself is
  /// no credential.
  private func cookie(of request: Request, _ rule: AgentOperation?, _ client: Client) -> String? {
    guard let rule, rule.takesCookie, rule.role == .page || RequestOrigin.mayUseCookie(request) else { return nil }
    return sessions?.cookie(of: request, isSecure: client.isSecure)
  }

  private static func bearer(_ header: String) -> String? {
    guard header.count > 7, header.prefix(7).lowercased() == "bearer " else { return nil }
    return String(header.dropFirst(7))
  }

  // MARK: The body

  /// Wraps the body with its limits.
  ///
  /// - Returns: `nil` for a request without one, and for one whose route reads none.
  private func receive(
    _ request: inout Request, _ rule: AgentOperation, _ context: AgentContext, _ admission: SiteAdmission?
  ) async throws -> GuardedBody? {
    guard request.hasBody else {
      try admission?.check(.ofNothing)
      return nil
    }
    let kind = rule.body
    if rule.role == .form, context.identity == .anonymous || context.identity == .neighbour {
      // The route redirects to the sign-in form; the server skips the body.
      request.body = .init(buffer: ByteBuffer())
      return nil
    }
    // The server skips a body that no route reads; a site's is compared nevertheless.
    if kind == .none, admission == nil { return nil }
    // A git request's unpacked size is reserved where it is written (`addContentRoutes`).
    let lease = kind == .git ? nil : shares.memory.lease(for: context.identity.asker(context.client))
    let body = GuardedBody(
      body: request.body, limit: kind == .none ? BodyLimit.unread : context.bodyBytes,
      lease: lease, admission: admission, verdict: .init())
    if kind == .none {
      try await body.drain()
      request.body = .init(buffer: ByteBuffer())
      return nil
    }
    request.body = RequestBody(asyncSequence: body)
    return body
  }
}

extension AccessControl {
  /// Returns the client of a request.
  func client(of request: Request, _ channel: any Channel) -> Client {
    Client(
      request.headers, peer: channel.remoteAddress?.ipAddress ?? "", isSecure: isSecure, trusting: trustedProxies)
  }
}

extension Identity {
  /// Returns the key of a client for rates and shares: the site, from any address, or the network of any other client.
  func asker(_ client: Client) -> String {
    switch self {
    case .site(let name): "site \(name)"
    case .reader, .admin: "person \(client.network)"
    case .anonymous, .neighbour: client.network
    }
  }
}

extension AgentContext {
  /// - Throws: `AgentFault` 401 or 403 for a client with another role.
  func require(_ role: AgentOperation.Role) throws(AgentFault) { try role.check(identity) }

  /// The name of the site that sent the request; `nil` for another client.
  var site: String? { if case .site(let name) = identity { name } else { nil } }

  static let unauthorized = AgentFault(
    401, "unauthorized", "do this without a token", hint: "send one: Authorization: Bearer …")
}
