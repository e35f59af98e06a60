internal import AgentAPI
internal import HTTPTypes
package import Hummingbird
internal import NIOCore

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

  /// The check at one door.
  package init(_ door: Door) { self.door = door }

  /// Lets the request in, with its identity.
  package func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    var (request, context) = (request, context)
    switch door {
    case .adminSocket, .eventSocket: context.identity = .admin
    case .network(let access):
      try access.check(host: request.head.authority)
      context.identity = try await identity(&request, context, access)
    }
    return try await next(request, context)
  }

  private func identity(
    _ request: inout Request, _ context: AgentContext, _ access: AccessControl
  ) async throws -> Identity {
    guard let header = request.headers[.authorization] else {
      return access.trustsLoopback && Self.isLocal(context.channel.remoteAddress) ? .reader : .nobody
    }
    switch access.person(header) {
    case .admin: return .admin
    case .reader: return .reader
    case nil: break
    }
    guard let token = Self.bearer(header), let check = access.site, token.contains(".") else {
      throw AgentFault(
        401, "unauthorized", "take the token: it is not one of this site's", hint: "look at the token file")
    }
    // What the token covers is the body as it came; it is small, or a fetch's list of commits.
    let limit = request.uri.path.hasPrefix("/git/") ? BodyLimit.git : BodyLimit.values
    let body = try await request.body.collect(upTo: limit)
    request.body = .init(buffer: body)
    return .site(
      try await check(token, request.method.rawValue, request.head.path ?? "", Array(body.readableBytesView)))
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
  /// - Throws: `AgentFault` 401 or 403 for whoever may not read what people read.
  func requireReader() throws(AgentFault) {
    switch identity {
    case .reader, .admin: return
    case .nobody: throw Self.unauthorized
    case .site:
      throw AgentFault(403, "forbidden", "read this: a site's token is not for it", hint: "use a reader's token")
    }
  }

  /// - Throws: `AgentFault` 401 or 403 for whoever may not change things.
  func requireAdmin() throws(AgentFault) {
    switch identity {
    case .admin: return
    case .nobody: throw Self.unauthorized
    case .reader, .site: throw AgentFault(403, "forbidden", "change this: it takes an admin's token")
    }
  }

  /// - Returns: the site's name; `nil` for people.
  /// - Throws: `AgentFault` 401 for nobody.
  @discardableResult func requireSiteOrReader() throws(AgentFault) -> String? {
    switch identity {
    case .site(let name): return name
    case .reader, .admin: return nil
    case .nobody: throw Self.unauthorized
    }
  }

  private static let unauthorized = AgentFault(
    401, "unauthorized", "do this without a token", hint: "send one: Authorization: Bearer …")
}
