internal import Agent
internal import AgentAPI
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SiteTokens
internal import TextBytes

/// Records each order of any route with its actor and outcome; runs after the access check.
///
/// An order is a request that may change something: all methods but GET and HEAD, except the regular requests of hooks,
/// forges, sites and git clients. A new route is recorded by default. A token's restriction to kinds is checked here.
struct AuditMiddleware: RouterMiddleware {
  typealias Context = AgentContext

  let audit: AuditLog

  func handle(
    _ request: Request, context: AgentContext, next: @concurrent (Request, AgentContext) async throws -> Response
  ) async throws -> Response {
    var (request, context) = (request, context)
    context.audit = audit
    try Self.checkKinds(of: context, request)
    guard let order = Word<AuditOrder>(request.method, request.uri.path) else {
      return try await next(request, context)
    }
    context.trace?.setWritten()
    var details: [String: String] = [:]
    switch context.identity {
    // The route refuses it without reading the body.
    case .anonymous, .neighbour: break
    case .reader, .admin, .site:
      let body = try await request.body.collect(upTo: context.bodyBytes)
      request.body = .init(buffer: body)
      details = OrderDetails.of(body.readableBytesView, request.headers[.contentType])
    }
    var entry = AuditEntry(
      order: order, kind: context.parameters.get("kind"), details: details, actor: await context.actor(),
      outcome: .done)
    do {
      let response = try await next(request, context)
      (entry.outcome, entry.code) = Self.outcome(of: response.status.code, code: nil)
      // The page redirects a client without a session to the sign-in form.
      if context.identity == .anonymous || context.identity == .neighbour {
        (entry.outcome, entry.code) = (.refused, "unauthorized")
      }
      await audit.record(entry)
      return response
    } catch {
      let fault = error as? AgentFault ?? AgentFault(error)
      (entry.outcome, entry.code) = Self.outcome(of: fault.status, code: fault.code)
      await audit.record(entry)
      throw error
    }
  }

  private static func outcome(of status: Int, code: String?) -> (AuditEntry.Outcome, String?) {
    switch status {
    case 200..<400: (.done, nil)
    case 400..<500: (.refused, code ?? "status \(status)")
    default: (.failed, code ?? "status \(status)")
    }
  }

  /// - Throws: `AgentFault` 403 for a token of other kinds than the request's, or for a request that concerns the whole
  ///   site.
  private static func checkKinds(of context: AgentContext, _ request: Request) throws(AgentFault) {
    guard let kinds = context.person?.kinds else { return }
    switch context.identity {
    case .reader, .admin: break
    case .anonymous, .neighbour, .site: return
    }
    let path = request.uri.path
    // Public routes, and signing out.
    let isPublic = [AgentPath.health, .readiness, .signIn, .signOut, .document].contains { $0.rawValue == path }
    if isPublic || path.hasPrefix("/assets/") { return }
    // The routes of git and blobs parse the raw path themselves: a kind in another spelling is another kind.
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isContent = parts.count > 2 && ["git", "blobs"].contains(parts[1])
    if let kind = isContent ? String(parts[2]) : context.parameters.get("kind"), kinds.contains(kind) { return }
    throw AgentFault(
      403, "forbidden",
      "use the token '\(context.person?.name ?? "")' here: it is for the kinds \(kinds.sorted().joined(separator: ", "))",
      hint: "ask for one of these kinds, or use a token for the whole site")
  }
}

extension Word<AuditOrder> {
  /// The name of a request's order in the audit log; `nil` for other requests.
  init?(_ method: HTTPRequest.Method, _ path: String) {
    if method == .get || method == .head || method == .options { return nil }
    let parts = path.split(separator: "/")
    switch parts.first {
    // GraphQL's mutations are recorded by name, one by one; a sign-in's token is available only in its route.
    case "graphql", "sign-in", "webhooks", "git", "blobs": return nil
    default: break
    }
    if [AgentRoute.events, AgentRoute.siteReport].contains("/" + parts.joined(separator: "/")) { return nil }
    let order: AuditOrder? =
      switch parts.last {
      case "features": .feature
      case "actions": .registry
      case "trash": .trash
      case "removals": .removals
      case "promotion": .promotion
      case "fence": .fence
      case "sign-out": .signOut
      default: nil
      }
    self = order.map { .known($0) } ?? .other("\(method.rawValue) \(path)")
  }
}

/// The parameters of an order, flat, for the audit log: without secrets.
enum OrderDetails {
  /// Fields that are not recorded: credentials, and the page's return path.
  private static let hidden: Set<String> = ["token", "csrf", "return_to", "password", "secret"]

  /// Returns the fields of a JSON object or of a form; empty for anything else.
  static func of(_ body: some Collection<UInt8>, _ type: String?) -> [String: String] {
    guard !body.isEmpty, body.count <= 1 << 20 else { return [:] }
    let fields = type?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true ? form(body) : json(body)
    return fields.filter { !hidden.contains($0.key) }
  }

  private static func json(_ body: some Collection<UInt8>) -> [String: String] {
    // The route refuses a body that is no object, with a reason.
    guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return [:] }
    return object.mapValues { value in
      if let text = value as? String { return text }
      // Encoded as JSON again, because a number may be bridged to a boolean here.
      guard let data = try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
      else {
        return "?"
      }
      return String(decoding: data.prefix(1_000), as: UTF8.self)
    }
  }

  private static func form(_ body: some Collection<UInt8>) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in String(decoding: body, as: UTF8.self).split(separator: "&").prefix(50) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = parts.map { PercentCoding.decodeForm($0) ?? "?" }
      fields[decoded[0]] = decoded.count == 2 ? decoded[1] : ""
    }
    return fields
  }
}
