package import Agent
internal import AgentAPI
internal import CoreMetrics
internal import HTTPTypes
package import Hummingbird
internal import Logging
internal import NIOCore
internal import SiteTokens
internal import Synchronization

/// Translates errors into answers, and logs each refusal once, within the bounds of `RefusalLog`.
package struct FaultMiddleware: RouterMiddleware {
  package typealias Context = AgentContext

  private let agentLog: AgentLog
  private let access: AccessControl?
  private let lines = RefusalLog()

  /// Creates the middleware with its log.
  ///
  /// - Parameter access: distinguishes clients from proxies; `nil` at the sockets.
  package init(_ agentLog: AgentLog, access: AccessControl? = nil) {
    self.agentLog = agentLog
    self.access = access
  }

  /// Answers the errors of `next`.
  package func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    // The server's own logger is silent; messages of the routes are for operators.
    var context = context
    context.logger = agentLog.logger
    do {
      let response = try await next(request, context)
      Self.count(response.status.code)
      return response
    } catch {
      let fault = Self.fault(error, request)
      // The router has no list of a path's other methods; the document has.
      let allowed = fault.status == 405 ? RouteTable.methods(of: request.uri.path) : []
      Self.count(fault.status)
      let client = access?.client(of: request, context.channel)
      let isLogged = client.map { lines.takesLine(of: $0.network) } ?? true
      let level = isLogged ? Self.level(of: fault) : .debug
      agentLog.write(
        level, "refused \(request.method.rawValue) \(request.uri.path.prefix(200)): \(fault)",
        [
          "status": "\(fault.status)", "code": "\(fault.code)",
          "peer": "\(client?.address ?? "socket")",
        ])
      let answer = try Self.answer(
        fault, start: (error as? SiteTokenError)?.start, endsConnection: Self.mayHaveMore(request), allowed)
      // Bytes of a body after the answer to a HEAD would be read as the next answer (RFC 9110 § 9.3.2).
      return request.method == .head ? answer.createHeadResponse() : answer
    }
  }

  /// Counts answers by the first digit of the status.
  private static func count(_ status: Int) {
    Counter(label: "remora_http_requests_total", dimensions: [("status", "\(status / 100)xx")]).increment()
  }

  /// A site that uses a token of the previous start receives the new one this way; polls end with the agent.
  private static func level(of fault: AgentFault) -> Logger.Level {
    if fault.code == SiteTokenError.Code.retry.rawValue || fault.code == "stopping" { return .debug }
    // An unauthenticated client must not fill the log; its errors were logged before the limit.
    if fault.status == 429 { return .debug }
    return fault.status >= 500 ? .warning : .notice
  }

  /// Whether a refused request may have more bytes left than are worth reading.
  private static func mayHaveMore(_ request: Request) -> Bool {
    if request.headers[.transferEncoding] != nil { return true }
    return (request.declaredLength ?? 0) > worthReading
  }

  /// Bytes of a refused request's body that are read so that its connection stays usable.
  private static let worthReading = 64 << 10

  private static func fault(_ error: any Error, _ request: Request) -> AgentFault {
    if let error = error as? SiteTokenError {
      return AgentFault(error.code == .overloaded ? 429 : 401, error.code.rawValue, error.message)
    }
    guard let error = error as? any HTTPResponseError else { return AgentFault(error) }
    let path = String(request.uri.path.prefix(200))
    switch error.status {
    case .notFound where !RouteTable.methods(of: request.uri.path).isEmpty:
      return AgentFault(405, "method_not_allowed", "do this with '\(path)': not with this method")
    case .notFound: return AgentFault(404, "not_found", "find '\(path)': there is no such route")
    case .methodNotAllowed: return AgentFault(405, "method_not_allowed", "do this with '\(path)': not with this method")
    case .contentTooLarge: return AgentFault(413, "too_large", "take the body: it is too long")
    default: return AgentFault(error.status.code, "bad_request", "take the request: \(error.status.reasonPhrase)")
    }
  }

  private static func answer(_ fault: AgentFault, start: String?, endsConnection: Bool, _ allowed: [String]) throws
    -> Response
  {
    var headers = Response.jsonHeaders
    if !allowed.isEmpty { headers[.allow] = allowed.joined(separator: ", ") }
    if fault.status == 401 { headers[.wwwAuthenticate] = "Basic realm=\"remora\", charset=\"UTF-8\"" }
    if fault.status == 503 || fault.status == 429 {
      headers[.retryAfter] = fault.code == "too_many_guesses" ? "12" : "1"
    }
    if let start, let name = HTTPField.Name(SiteTokenHeader.start) { headers[name] = start }
    return Response(
      .init(code: fault.status), headers, try Response.jsonBytes(AgentFault.Body(error: fault)),
      endsConnection: endsConnection)
  }
}

extension Response {
  /// Returns a response with a value as JSON.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    Response(status: status, headers: jsonHeaders, body: .init(byteBuffer: try jsonBytes(value)))
  }

  fileprivate static var jsonHeaders: HTTPFields { [.contentType: "application/json", .cacheControl: "no-store"] }

  fileprivate static func jsonBytes(_ value: some Encodable) throws -> ByteBuffer {
    ByteBuffer(bytes: try AgentJSON.encode(value) + [UInt8(ascii: "\n")])
  }
}

/// Bounds the log lines of refused requests: an unauthenticated client must not fill the log.
///
/// A client's network has 60 lines, and one more each second; all clients together have 600, and ten more each second.
/// Further refusals are counted in the metrics only.
final class RefusalLog: Sendable {
  private struct State {
    var all: PeerRates.Bucket
    var clients: [String: PeerRates.Bucket] = [:]
  }

  private let state: Mutex<State>
  private let now: @Sendable () -> ContinuousClock.Instant
  /// Maximum networks in memory; with more, all counters are reset, and the total bound still applies.
  private static let capacity = 4_096

  init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.now = now
    state = Mutex(State(all: .init(perSecond: 10, size: 600, at: now())))
  }

  /// Takes one line of this network's budget; false when none is left.
  func takesLine(of network: String) -> Bool {
    let moment = now()
    return state.withLock { state in
      if state.clients.count >= Self.capacity, state.clients[network] == nil { state.clients = [:] }
      guard state.clients[network, default: .init(perSecond: 1, size: 60, at: moment)].take(at: moment) else {
        return false
      }
      return state.all.take(at: moment)
    }
  }
}
