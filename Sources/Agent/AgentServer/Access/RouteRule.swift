internal import AgentAPI
internal import HTTPTypes

/// One route of the agent: its method and path, the required role, and its body.
struct RouteRule: Sendable {
  /// The body of a request.
  enum Body: Sendable {
    /// No body is read.
    case none
    /// A value, no longer than `limits.request_bytes`.
    case value
    /// A form of the page.
    case form
    /// A delivery of a forge.
    case delivery
    /// A git client's request: kept on disk, not in memory.
    case git
  }

  let method: APIOperation.Method
  /// A part in braces matches any one part, `**` at the end any number.
  let path: String
  let role: APIOperation.Role
  let takesCookie: Bool
  let body: Body
  private let parts: [Substring]

  init(
    _ method: APIOperation.Method, _ path: String, _ role: APIOperation.Role, takesCookie: Bool = false,
    body: Body = .none
  ) {
    self.method = method
    self.path = path
    self.role = role
    self.takesCookie = takesCookie
    self.body = body
    parts = Self.parts(of: path) ?? []
  }

  /// - Parameter given: the parts of a path.
  func matches(_ given: [Substring]) -> Bool {
    if parts.last == "**" {
      let fixed = parts.dropLast()
      return given.count > fixed.count && zip(fixed, given).allSatisfy(Self.matches)
    }
    return parts.count == given.count && zip(parts, given).allSatisfy(Self.matches)
  }

  private static func matches(_ wanted: Substring, _ given: Substring) -> Bool {
    wanted.hasPrefix("{") || wanted == given
  }

  /// The parts between the slashes; none for `/`.
  ///
  /// - Returns: `nil` for a path that does not begin with a slash or that has an empty part: different parsers may
  ///   resolve such a path to different routes.
  static func parts(of path: String) -> [Substring]? {
    guard path.hasPrefix("/") else { return nil }
    guard path != "/" else { return [] }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    return parts.contains(where: \.isEmpty) ? nil : parts
  }
}

/// Every route of the agent: the API's operations, and the routes outside its document. A test compares this list with
/// the routes and their answers.
enum RouteRules {
  /// - Throws: errors of deriving the API's schemas.
  static func all() throws -> [RouteRule] { try APIOperations.all().map(RouteRule.init) + content + page }

  /// Computed once; empty only where no agent has started, because the start needs the document.
  private static let known = (try? all()) ?? []

  /// Returns the rule of a request; `nil` where there is no such route. `HEAD` uses the rule of `GET`.
  static func rule(for method: HTTPRequest.Method, _ path: String) -> RouteRule? {
    guard let parts = RouteRule.parts(of: path) else { return nil }
    let wanted = method == .head ? .get : method
    // A rule without a variable part has precedence.
    let fitting = known.filter { $0.method.rawValue.uppercased() == wanted.rawValue && $0.matches(parts) }
    return fitting.first { !$0.path.contains("{") } ?? fitting.first
  }

  /// Returns the methods of a path; empty for an unknown one.
  static func methods(of path: String) -> [String] {
    guard let parts = RouteRule.parts(of: path) else { return [] }
    let methods = Set(known.filter { $0.matches(parts) }.map(\.method))
    return (methods.contains(.get) ? ["GET", "HEAD"] : []) + (methods.contains(.post) ? ["POST"] : [])
  }

  private static let content: [RouteRule] = [
    RouteRule(.get, "/git/**", .siteOrReader), RouteRule(.post, "/git/**", .siteOrReader, body: .git),
    RouteRule(.get, "/blobs/**", .siteOrReader),
    RouteRule(.post, "/webhooks/{kind}", .signature, body: .delivery),
  ]

  private static let page: [RouteRule] =
    ["/assets/page.css", "/assets/page.js", "/sign-in"].map { RouteRule(.get, $0, .everybody) }
    + [
      "/", "/kinds/{kind}", "/kinds/{kind}/entry", "/kinds/{kind}/confirm", "/kinds/{kind}/trash", "/events",
      "/features",
    ].map { RouteRule(.get, $0, .page, takesCookie: true) }
    + [RouteRule(.post, "/sign-in", .everybody, body: .form)]
    + ["/sign-out", "/kinds/{kind}/actions", "/kinds/{kind}/trash", "/kinds/{kind}/removals", "/features"].map {
      RouteRule(.post, $0, .form, takesCookie: true, body: .form)
    }
}

extension RouteRule {
  fileprivate init(_ operation: APIOperation) {
    self.init(
      operation.method, operation.path, operation.role, takesCookie: operation.takesCookie,
      body: operation.method == .post ? .value : .none)
  }
}

extension APIOperation.Role {
  /// - Throws: `AgentFault` 401 or 403 for a client with another role.
  func check(_ identity: Identity) throws(AgentFault) {
    switch (self, identity) {
    case (.everybody, _), (.signature, _): return
    // Their routes redirect others to the sign-in, and check the form.
    case (.page, _), (.form, _): return
    case (_, .admin) where self != .site: return
    case (.readerOrLocalProcess, .neighbour): return
    case (.readerOrLocalProcess, .reader), (.reader, .reader), (.siteOrReader, .reader), (.siteOrReader, .site),
      (.site, .site):
      return
    case (_, .nobody), (_, .neighbour): throw AgentContext.unauthorized
    case (.site, _):
      throw AgentFault(
        403, "forbidden", "take this from a person: only another site asks it", hint: "look at 'remora help promote'")
    case (.admin, _): throw AgentFault(403, "forbidden", "change this: it takes an admin's token")
    case (_, .site):
      throw AgentFault(403, "forbidden", "read this: a site's token is not for it", hint: "use a reader's token")
    case (_, .reader), (_, .admin): throw AgentFault(403, "forbidden", "read this: this token is not for it")
    }
  }
}
