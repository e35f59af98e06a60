internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird

/// Finds the declared operations of requests, and compares the routes of a router with them.
enum RouteTable {
  /// Returns the operation of a request; `nil` where none is declared. `HEAD` uses the operation of `GET`.
  static func operation(for method: HTTPRequest.Method, _ path: String) -> AgentOperation? {
    guard let parts = AgentPath.parts(of: path) else { return nil }
    let wanted = method == .head ? .get : method
    // A path without a variable part has precedence.
    let fitting = AgentOperation.all.filter { $0.method.httpMethod == wanted && $0.matches(parts) }
    return fitting.first { $0.path.variables.isEmpty } ?? fitting.first
  }

  /// Returns the methods of a path; empty for an unknown one.
  static func methods(of path: String) -> [String] {
    guard let parts = AgentPath.parts(of: path) else { return [] }
    let methods = Set(AgentOperation.all.filter { $0.matches(parts) }.map(\.method))
    return (methods.contains(.get) ? ["GET", "HEAD"] : []) + (methods.contains(.post) ? ["POST"] : [])
  }

  /// Compares a router's routes with operations: each operation has a route, and each route an operation.
  ///
  /// - Throws: `Mismatch`.
  static func check(_ router: Router<AgentContext>, has operations: [AgentOperation]) throws(Mismatch) {
    // A route for HEAD comes with the one for GET.
    let routes = Set(router.routes.filter { $0.method != .head }.map { name($0.method, "\($0.path)") })
    let declared = Set(operations.map { name($0.method.httpMethod, $0.path.rawValue) })
    guard routes == declared else {
      throw Mismatch(
        undeclared: routes.subtracting(declared).sorted(), unanswered: declared.subtracting(routes).sorted())
    }
  }

  private static func name(_ method: HTTPRequest.Method, _ path: String) -> String {
    "\(method.rawValue) \(path.hasPrefix("/") ? "" : "/")\(path)"
  }

  /// The routes of a router are not the declared operations.
  struct Mismatch: Error, Hashable, CustomStringConvertible {
    /// Routes without an operation.
    let undeclared: [String]
    /// Operations without a route.
    let unanswered: [String]

    var description: String {
      "routes that are not declared: [\(undeclared.joined(separator: ", "))], operations without a route:"
        + " [\(unanswered.joined(separator: ", "))]"
    }
  }
}

extension AgentOperation.Method {
  var httpMethod: HTTPRequest.Method {
    switch self {
    case .get: .get
    case .post: .post
    }
  }
}

extension Router<AgentContext> {
  /// Adds the route of a declared operation, which checks the operation's role again before it answers.
  func answer(
    _ method: AgentOperation.Method, _ path: AgentPath,
    use body: @escaping @Sendable (Request, AgentContext) async throws -> Response
  ) {
    guard let operation = AgentOperation.declared(method, path) else {
      preconditionFailure("\(method) \(path.rawValue) is not in the table of operations")
    }
    on(RouterPath(path.rawValue), method: method.httpMethod) { request, context in
      try operation.role.check(context.identity)
      return try await body(request, context)
    }
  }
}

extension AgentOperation.Role {
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
    case (_, .anonymous), (_, .neighbour): throw AgentContext.unauthorized
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
