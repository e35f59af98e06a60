internal import AdminPage
internal import Agent
internal import AgentAPI
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Replication
internal import SiteAssembly

/// The admin page's screens and orders: on the network, for clients that have signed in.
struct PageRoutes: Sendable {
  let agent: Agent
  let page: AdminPage
  let sessions: Sessions
  let access: AccessControl
  let rates: PeerRates
  let doors: AgentListeners

  /// Entries of a page.
  private static let pageLength = 20

  func add(to router: Router<AgentContext>) {
    addAssets(router)
    router.answer(.get, .signIn) { request, _ in
      html(page.signIn(await frame(request, nil), returnTo: PageForm.path(request.field("return_to"))))
    }
    screen(router, .page) { request, context in
      page.sites(await frame(request, context), try await agent.sites(), agent.trends())
    }
    screen(router, .kindPage) { request, context in try await list(request, context) }
    screen(router, .entryPage) { request, context in try await entry(request, context) }
    screen(router, .confirmPage) { request, context in try await confirmation(request, context) }
    screen(router, .trashPage) { request, context in
      let kind = try await kind(context)
      return page.trash(
        await frame(request, context), of: kind.name, try await agent.trash(of: kind.name.name),
        waiting: kind.row.removalsWaiting)
    }
    screen(router, .eventsPage) { request, context in
      guard agent.role == .primary else { return page.events(await frame(request, context), nil, older: nil) }
      let before = request.field("before").flatMap { UInt64($0) }
      let events = try await agent.events(before: before, limit: 50)
      return page.events(
        await frame(request, context), events, older: events.last.flatMap { $0.id > 1 ? $0.id : nil })
    }
    screen(router, .featuresPage) { request, context in
      page.features(await frame(request, context), try await agent.features())
    }
    addOrders(router)
  }

  private func addAssets(_ router: Router<AgentContext>) {
    let assets: [(AgentPath, String, String)] = [
      (.pageStyle, "text/css; charset=utf-8", AdminPage.style),
      (.pageScript, "text/javascript; charset=utf-8", AdminPage.script),
    ]
    for (path, type, text) in assets {
      let bytes = ByteBuffer(string: text)
      router.answer(.get, path) { _, _ in
        Response(
          status: .ok, headers: Self.headers(type).merging([.cacheControl: "no-cache"]), body: .init(byteBuffer: bytes))
      }
    }
  }

  // MARK: Screens

  private func list(_ request: Request, _ context: AgentContext) async throws -> String {
    let kind = try kindName(context)
    var listing = RegistryListing()
    listing.sort = request.field("sort") ?? listing.sort
    listing.state = agent.role == .secondary ? request.field("state") : nil
    listing.verificationState =
      request.field("verification_state") ?? (agent.role == .primary ? request.field("state") : nil)
    listing.prefix = request.field("prefix")
    listing.after = request.field("after")
    listing.before = request.field("before")
    listing.limit = Self.pageLength
    var view = ListView(
      kind: kind, page: try await agent.list(listing, of: kind.name), sort: listing.sort, sorts: RegistryListing.sorts)
    view.state = listing.state
    view.verificationState = listing.verificationState
    view.prefix = listing.prefix
    return page.list(await frame(request, context), view)
  }

  private func entry(_ request: Request, _ context: AgentContext) async throws -> String {
    let kind = try kindName(context)
    let id = try request.required("id")
    let explanation = try await agent.explanation(of: kind.name, id: id)
    let transitions = try await agent.transitions(of: kind.name, id: id).transitions
    var history: HistoryPage?
    do {
      let rules = try doors.refRules(of: kind.name, id, for: context)
      // A kind without refs, a missing copy, and another site's entry have no history here.
      history = agent.role == .secondary ? try? await agent.history(of: kind.name, id: id) : nil
      if let rules { history?.changes.removeAll { rules.hides($0.ref) } }
    } catch let fault as AgentFault where fault.status == 403 || fault.status == 404 {
      // `serve_git` hides its refs from this reader; every reader sees the state of the entry.
    }
    return page.entry(
      await frame(request, context),
      EntryView(kind: kind, explanation: explanation, transitions: transitions, history: history))
  }

  private func confirmation(_ request: Request, _ context: AgentContext) async throws -> String {
    try context.require(.admin)
    let (kind, row) = try await kind(context)
    let path = AgentPath.kindPage.of(kind.name)
    let action = try request.required("action")
    let state = request.field("state")
    func screen(
      _ title: String, _ question: String, _ target: String, _ fields: [(name: String, value: String)]
    ) async -> String {
      page.confirmation(
        await frame(request, context),
        ConfirmationView(
          title: title, question: question, action: "\(path)/\(target)", fields: fields, cancel: path))
    }
    switch action {
    case RegistryOrder.resync.rawValue, RegistryOrder.reverify.rawValue:
      let states = action == RegistryOrder.resync.rawValue ? row.states : row.verificationStates
      let count = state.map { states[$0] ?? 0 } ?? row.count
      let which = state.map { " that stand at '\($0)'" } ?? ""
      let verb = action.prefix(1).uppercased() + action.dropFirst()
      return await screen(
        "\(verb) many", "\(verb) \(count) of '\(kind.plural)'\(which)?", "actions",
        [("action", action), ("all", "1"), ("state", state ?? ""), ("return_to", path)])
    case TrashOrder.empty.rawValue:
      let count = try await agent.trash(of: kind.name).tickets.count
      return await screen(
        "Empty the trash", "Remove \(count) copies of '\(kind.plural)' for good? They cannot be brought back.", "trash",
        [("action", action)])
    case "removals":
      return await screen(
        "Let removals go on", "Move \(row.removalsWaiting.count) copies of '\(kind.plural)' into the trash?",
        "removals",
        [])
    default: throw AgentFault(404, "not_found", "ask before '\(action.prefix(40))': there is no such action")
    }
  }

  // MARK: Parts

  private func kind(
    _ context: AgentContext
  ) async throws -> (name: PageFrame.KindName, row: StatusRow.KindRow) {
    let name = try kindName(context)
    guard let row = try await agent.status().kinds.first(where: { $0.name == name.name }) else {
      throw AgentFault(404, "unknown_replicable", "show '\(name.name)': there is no such kind here")
    }
    return (name, row)
  }

  /// Without its numbers, which are expensive.
  private func kindName(_ context: AgentContext) throws -> PageFrame.KindName {
    let name = try context.parameters.require("kind")
    guard let kind = agent.plan.kinds.first(where: { $0.name.text == name }) else {
      throw AgentFault(404, "unknown_replicable", "show '\(name.prefix(100))': there is no such kind here")
    }
    return .init(name: name, plural: kind.kind.namePlural)
  }

  func frame(_ request: Request, _ context: AgentContext?) async -> PageFrame {
    var frame = PageFrame(
      site: agent.plan.site, role: agent.role, version: Agent.version,
      kinds: agent.plan.kinds.map { .init(name: $0.name.text, plural: $0.kind.namePlural) },
      now: Date(timeIntervalSince1970: agent.now.secondsSince1970), path: request.uri.path)
    guard let context else { return frame }
    frame.isAdmin = context.identity == .admin
    // A client that authenticates by a header has no session, and gets no forms.
    if let cookie = sessions.cookie(of: request, isSecure: context.client.isSecure) {
      frame.csrf = Sessions.csrf(ofCookie: cookie)
    } else {
      frame.isAdmin = false
    }
    if let done = request.field("done"), let text = Self.notice(done) { frame.notice = text }
    return frame
  }

  /// Returns the text for `ACTION.COUNT` only: a link must not inject text into the page.
  private static func notice(_ done: String) -> String? {
    let parts = done.split(separator: ".")
    guard parts.count == 2, let count = Int(parts[1]), count >= 0 else { return nil }
    let word = String(parts[0])
    if let order = RegistryOrder(rawValue: word) { return "Asked for a \(order.rawValue) of \(count)." }
    return switch (TrashOrder(rawValue: word), word) {
    case (.restore, _): "Restored \(count)."
    case (.empty, _): "Removed \(count) for good."
    case (nil, "removals"): "\(count) removals go on."
    case (nil, "feature"): "The feature was switched."
    case (nil, _): nil
    }
  }

  /// Returns a screen for readers; redirects a client without a session to the sign-in.
  private func screen(
    _ router: Router<AgentContext>, _ path: AgentPath,
    _ body: @escaping @Sendable (Request, AgentContext) async throws -> String
  ) {
    router.answer(.get, path) { request, context in
      switch context.identity {
      case .anonymous, .neighbour, .site: return Self.toSignIn(request)
      case .reader, .admin: break
      }
      return try await answered(request, context) { html(try await body(request, context)) }
    }
  }

  /// Turns errors into a screen and a line in the log.
  func answered(
    _ request: Request, _ context: AgentContext, _ body: () async throws -> Response
  ) async throws -> Response {
    do {
      return try await body()
    } catch let error as CancellationError {
      throw error
    } catch {
      let fault = error as? AgentFault ?? AgentFault(error)
      context.logger.notice("refused \(request.method.rawValue) \(request.uri.path.prefix(200)): \(fault.code)")
      var response = html(page.fault(await frame(request, context), fault))
      response.status = .init(code: fault.status)
      return response
    }
  }

  static func toSignIn(_ request: Request) -> Response {
    redirect(
      AgentRoute.path(AgentPath.signIn.rawValue, [("return_to", request.uri.string == "/" ? nil : request.uri.string)]))
  }

  static func redirect(_ path: String) -> Response {
    Response(status: .seeOther, headers: headers("text/plain").merging([.location: path]))
  }

  func html(_ text: String) -> Response {
    Response(
      status: .ok, headers: Self.headers("text/html; charset=utf-8"),
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  private static func headers(_ type: String) -> HTTPFields {
    var fields: HTTPFields = [
      .contentType: type, .cacheControl: "no-store", .contentSecurityPolicy: AdminPage.contentSecurityPolicy,
      .xContentTypeOptions: "nosniff",
    ]
    if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "same-origin" }
    if let name = HTTPField.Name("X-Frame-Options") { fields[name] = "DENY" }
    return fields
  }
}

extension HTTPFields {
  /// Returns the same with other values for some names.
  fileprivate func merging(_ others: HTTPFields) -> HTTPFields {
    var fields = self
    for field in others { fields[field.name] = field.value }
    return fields
  }
}
