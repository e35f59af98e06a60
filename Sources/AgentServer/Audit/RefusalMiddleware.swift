internal import Agent
internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SiteTokens

/// Writes down each refused token, signature or session; in front of the check of access.
struct RefusalMiddleware: RouterMiddleware {
  typealias Context = AgentContext

  let audit: AuditLog
  let access: AccessControl?

  func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      if let (code, site) = Self.refusal(error, request) {
        await audit.record(
          AuditEntry(
            order: "token", details: ["request": "\(request.method.rawValue) \(request.uri.path.prefix(200))"],
            actor: AuditActor(site: site, address: address(of: request, context)), outcome: .refused,
            code: code))
      }
      throw error
    }
  }

  /// The client's address behind a trusted proxy, as the check of access reads it.
  private func address(of request: Request, _ context: AgentContext) -> String? {
    access?.client(of: request, context.channel).address ?? context.channel.remoteAddress?.ipAddress
  }

  /// A site that only has to name our start is no stranger, and a request without any token presents none.
  private static func refusal(_ error: any Error, _ request: Request) -> (code: String, site: String?)? {
    if let error = error as? SiteTokenError { return error.code == .retry ? nil : (error.code.rawValue, nil) }
    guard let fault = error as? AgentFault else { return nil }
    switch fault.code {
    case "bad_signature", "too_many_guesses": return (fault.code, nil)
    case "unauthorized": return request.headers[.authorization] == nil ? nil : (fault.code, nil)
    default: return nil
    }
  }
}
