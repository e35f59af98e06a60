internal import AdminPage
internal import Agent
internal import AgentAPI
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import SiteTokens
internal import TextBytes

/// Handles the orders of the page's forms: each has a token of its session, and ends with a page that shows the result.
extension PageRoutes {
  func addOrders(_ router: Router<AgentContext>) {
    router.answer(.post, .signIn) { request, context in
      try await answered(request, context) { try await signIn(request, context) }
    }
    router.answer(.post, .signOut) { request, context in
      try await answered(request, context) {
        let form = try await PageForm(request, context)
        let cookie = sessions.cookie(of: request, isSecure: context.client.isSecure)
        try form.check(cookie)
        if let cookie { try await sessions.end(cookie: cookie) }
        return with(cookie: "", seconds: 0, context, Self.redirect(AgentPath.signIn.rawValue))
      }
    }
    order(router, .actionsForm) { form, kind in
      guard form["all"] != nil || form["id"] != nil, let action = form["action"] else {
        throw AgentFault(400, "invalid_request", "do something: the form says neither what nor to which")
      }
      let ids = form["all"] == nil ? form["id"].map { [$0] } : nil
      let answer = try await agent.act(
        RegistryAction(action: Word(action), ids: ids, state: form["state"].map(Word.init)), on: kind)
      return (form.returnTo, "\(action).\(answer.count)")
    }
    order(router, .trashPage) { form, kind in
      let action = form["action"] ?? ""
      let answer = try await agent.act(TrashAction(action: Word(action), name: form["name"]), onTrashOf: kind)
      return (AgentPath.trashPage.of(kind), "\(action).\(answer.count)")
    }
    order(router, .removalsForm) { _, kind in
      let answer = try await agent.confirmRemovals(of: kind)
      return (AgentPath.trashPage.of(kind), "removals.\(answer.count)")
    }
    order(router, .featuresPage) { form, _ in
      try await agent.set(FeatureRow(name: form["name"] ?? "", isEnabled: form["is_enabled"] == "true"))
      return (AgentPath.featuresPage.rawValue, "feature.1")
    }
  }

  private func order(
    _ router: Router<AgentContext>, _ path: AgentPath,
    _ body: @escaping @Sendable (PageForm, String) async throws -> (path: String, done: String)
  ) {
    router.answer(.post, path) { request, context in
      switch context.identity {
      case .anonymous, .neighbour, .site: return Self.toSignIn(request)
      case .reader, .admin: break
      }
      return try await answered(request, context) {
        let form = try await PageForm(request, context)
        try form.check(sessions.cookie(of: request, isSecure: context.client.isSecure))
        try context.require(.admin)
        let (path, done) = try await body(form, context.parameters.get("kind") ?? "")
        return Self.redirect("\(path)\(path.contains("?") ? "&" : "?")done=\(AgentRoute.encoded(done))")
      }
    }
  }

  private func signIn(_ request: Request, _ context: AgentContext) async throws -> Response {
    let form = try await PageForm(request, context)
    func refused(_ text: String, _ status: HTTPResponse.Status) async -> Response {
      var frame = await frame(request, nil)
      frame.error = text
      var response = html(page.signIn(frame, returnTo: form.returnTo))
      response.status = status
      return response
    }
    // The owner of the token is available only here.
    func record(_ person: Person?, _ code: String?) async {
      let entry = AuditEntry(
        order: .known(.signIn), details: person.map { ["role": $0.role.rawValue] } ?? [:],
        actor: AuditActor(token: person?.name, address: context.client.address),
        outcome: code == nil ? .done : .refused, code: code)
      await context.audit?.record(entry)
    }
    let token = form["token"] ?? ""
    guard let person = access.person(ofAuthorization: "Bearer \(token)") else {
      do throws(AgentFault) {
        try rates.refuse(context.client, .token)
      } catch {
        await record(nil, error.code)
        return await refused("\(error)", .tooManyRequests)
      }
      await record(nil, "unauthorized")
      context.logger.notice("refused a sign-in at the page: the token is not one of this site's")
      return await refused("This is no token of a reader or an admin of this site.", .unauthorized)
    }
    do throws(AgentFault) { try rates.signIn(context.client) } catch {
      return await refused("\(error)", .tooManyRequests)
    }
    let cookie = try await sessions.begin(token: token)
    await record(person, nil)
    return with(cookie: cookie, seconds: Int(Sessions.lifetime), context, Self.redirect(form.returnTo))
  }

  /// Returns the response with the session's cookie: `SameSite`, and not readable by scripts.
  private func with(cookie: String, seconds: Int, _ context: AgentContext, _ response: Response) -> Response {
    let isSecure = context.client.isSecure
    var response = response
    response.headers[.setCookie] =
      "\(sessions.cookieName(isSecure: isSecure))=\(cookie); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(seconds)"
      + (isSecure ? "; Secure" : "")
    return response
  }
}

/// A submitted form of the page (`application/x-www-form-urlencoded`).
struct PageForm {
  private let fields: [String: String]

  /// - Throws: `AgentFault` 413 for a too large one. A form of another origin was refused before (`RequestOrigin`).
  init(_ request: Request, _ context: AgentContext) async throws {
    let body = try await request.body.collect(upTo: context.bodyBytes)
    var fields: [String: String] = [:]
    for pair in String(buffer: body).split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decodeForm(parts[0]),
        let value = PercentCoding.decodeForm(parts.count == 2 ? parts[1] : "")
      else {
        throw AgentFault(400, "invalid_request", "read the form: it is not encoded as forms are")
      }
      fields[name] = value
    }
    self.fields = fields
  }

  private static let foreign = AgentFault(
    403, "foreign_form", "take a form that is not of this page", hint: "open the page again, and send it from there")

  /// - Throws: `AgentFault` 403 for a form that was not made for this session.
  ///
  /// - Parameter cookie: the session's; `nil` for a request without one.
  func check(_ cookie: String?) throws(AgentFault) {
    guard let cookie, self["csrf"] == Sessions.csrf(ofCookie: cookie) else {
      throw Self.foreign
    }
  }

  /// A field that is present and not empty.
  subscript(name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// The path of the redirect: always a path of this page, regardless of the form.
  var returnTo: String { Self.path(self["return_to"]) }

  static func path(_ text: String?) -> String {
    guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
      text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7f })
    else { return "/" }
    return text
  }
}
