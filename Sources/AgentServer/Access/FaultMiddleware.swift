package import Agent
internal import AgentAPI
internal import HTTPTypes
package import Hummingbird
internal import Logging
internal import NIOCore

/// Turns what went wrong into an answer, in one place, and logs each refusal once.
package struct FaultMiddleware: RouterMiddleware {
  package typealias Context = AgentContext

  private let chronicle: Chronicle

  /// Logs into this.
  package init(_ chronicle: Chronicle) { self.chronicle = chronicle }

  /// Answers what `next` throws.
  package func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let fault = Self.fault(error, request)
      let level: Logger.Level = fault.status >= 500 ? .warning : .notice
      chronicle.write(
        level, "refused \(request.method.rawValue) \(request.uri.path.prefix(200)): \(fault)",
        [
          "status": "\(fault.status)", "code": "\(fault.code)",
          "peer": "\(context.channel.remoteAddress?.ipAddress ?? "socket")",
        ])
      return try Self.answer(fault)
    }
  }

  private static func fault(_ error: any Error, _ request: Request) -> AgentFault {
    guard let error = error as? any HTTPResponseError else { return AgentFault(error) }
    let path = String(request.uri.path.prefix(200))
    switch error.status {
    case .notFound: return AgentFault(404, "not_found", "find '\(path)': there is no such route")
    case .methodNotAllowed: return AgentFault(405, "method_not_allowed", "do this with '\(path)': not with this method")
    case .contentTooLarge: return AgentFault(413, "too_large", "take the body: it is too long")
    default: return AgentFault(error.status.code, "bad_request", "take the request: \(error.status.reasonPhrase)")
    }
  }

  static func answer(_ fault: AgentFault) throws -> Response {
    var response = try Response.json(AgentFault.Body(error: fault), status: .init(code: fault.status))
    if fault.status == 401 { response.headers[.wwwAuthenticate] = "Basic realm=\"remora\", charset=\"UTF-8\"" }
    if fault.status == 503 || fault.status == 429 { response.headers[.retryAfter] = "1" }
    return response
  }
}

extension Response {
  /// A value as JSON.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(bytes: try AgentJSON.encode(value) + [UInt8(ascii: "\n")])))
  }
}
