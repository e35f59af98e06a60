internal import Agent
internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SiteTokens
internal import Synchronization

/// Records each refused token, signature and order; runs before the access check.
struct RefusalMiddleware: RouterMiddleware {
  typealias Context = AgentContext

  let audit: AuditLog
  let access: AccessControl?

  func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    let trace = AuditTrace()
    context.trace = trace
    do {
      return try await next(request, context)
    } catch {
      if let entry = entry(error, request, context, trace) { await audit.record(entry) }
      throw error
    }
  }

  private func entry(
    _ error: any Error, _ request: Request, _ context: AgentContext, _ trace: AuditTrace
  ) -> AuditEntry? {
    let actor = trace.actor(at: address(of: request, context))
    if let code = Self.refusedToken(error, request) {
      return AuditEntry(
        order: .known(.token), details: ["request": "\(request.method.rawValue) \(request.uri.path.prefix(200))"],
        actor: actor, outcome: .refused, code: code)
    }
    guard !trace.isWritten, let fault = error as? AgentFault, fault.status == 401 || fault.status == 403,
      let order = Word<AuditOrder>(request.method, request.uri.path)
    else { return nil }
    return AuditEntry(
      order: order, kind: context.parameters.get("kind"), actor: actor, outcome: .refused, code: fault.code)
  }

  /// Returns the client's address behind a trusted proxy, as in the access check.
  private func address(of request: Request, _ context: AgentContext) -> String? {
    access?.client(of: request, context.channel).address ?? context.channel.remoteAddress?.ipAddress
  }

  /// Returns the code of a refused token or signature; `nil` for other errors. A site that only lacks this agent's
  /// start is not recorded, and neither is a request without a token.
  private static func refusedToken(_ error: any Error, _ request: Request) -> String? {
    if let error = error as? SiteTokenError { return error.code == .retry ? nil : error.code.rawValue }
    guard let fault = error as? AgentFault else { return nil }
    switch fault.code {
    case "bad_signature", "too_many_guesses": return fault.code
    case "unauthorized": return request.headers[.authorization] == nil ? nil : fault.code
    default: return nil
    }
  }
}

/// The authentication result of a request, for the middleware before the access check: an order that the check refuses
/// is recorded there, with its actor; one that passes is recorded after it, once.
final class AuditTrace: Sendable {
  private struct State {
    var isWritten = false
    var token: String?
    var site: String?
  }

  private let state = Mutex(State())

  /// Whether the order is recorded, or will be, after the check.
  var isWritten: Bool { state.withLock { $0.isWritten } }

  func setWritten() { state.withLock { $0.isWritten = true } }

  /// Records the identity of the client.
  func note(_ person: Person?, _ identity: Identity) {
    state.withLock { state in
      state.token = person?.name
      if case .site(let name) = identity { state.site = name }
    }
  }

  /// Returns the author of the request, as far as it is authenticated.
  func actor(at address: String?) -> AuditActor {
    state.withLock { AuditActor(token: $0.token, site: $0.site, address: address) }
  }
}
