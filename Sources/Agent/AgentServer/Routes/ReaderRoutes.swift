internal import Agent
internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import MetricsExposition
internal import NIOCore
internal import WorkerPool

extension Router<AgentContext> {
  /// Adds the routes of readers and admins.
  func addReaderRoutes(_ agent: Agent, _ doors: AgentListeners) {
    answer(.get, .status) { _, _ in
      try Response.json(try await agent.status())
    }
    answer(.get, .registry) { request, context in
      let kind = try context.parameters.require("kind")
      if let id = request.query("id") { return try Response.json(try await agent.registryEntry(of: kind, id: id)) }
      // Without a sort order it is a walk by ids, for programs; otherwise it is a paged list.
      if request.query("sort") != nil || request.query("before") != nil {
        return try Response.json(try await agent.list(try request.listing(), of: kind))
      }
      return try Response.json(
        try await agent.registry(
          of: kind, after: request.query("after"), limit: try request.number("limit", in: 1...10_000, default: 1_000),
          state: request.query("state"), verificationState: request.query("verification_state"),
          prefix: request.query("prefix")))
    }
    answer(.post, .registryActions) { request, context in
      let kind = try context.parameters.require("kind")
      return try Response.json(try await agent.act(try await request.value(RegistryAction.self, context), on: kind))
    }
    answer(.get, .explanation) { request, context in
      try Response.json(
        try await agent.explanation(of: try context.parameters.require("kind"), id: try request.required("id")))
    }
    answer(.get, .transitions) { request, context in
      try Response.json(
        try await agent.transitions(
          of: try context.parameters.require("kind"), id: try request.required("id"),
          limit: try request.number("limit", in: 1...1_000, default: 50)))
    }
    answer(.get, .history) { request, context in
      let (kind, id) = (try context.parameters.require("kind"), try request.required("id"))
      let rules = try doors.refRules(of: kind, id, for: context)
      var page = try await agent.history(
        of: kind, id: id, limit: try request.number("limit", in: 1...10_000, default: 100))
      if let rules { page.changes.removeAll { rules.hides($0.ref) } }
      return try Response.json(page)
    }
    answer(.get, .trends) { _, _ in
      try Response.json(agent.trends())
    }
    answer(.get, .trash) { _, context in
      try Response.json(try await agent.trash(of: try context.parameters.require("kind")))
    }
    answer(.post, .trash) { request, context in
      let kind = try context.parameters.require("kind")
      return try Response.json(try await agent.act(try await request.value(TrashAction.self, context), onTrashOf: kind))
    }
    answer(.post, .removals) { _, context in
      try Response.json(try await agent.confirmRemovals(of: try context.parameters.require("kind")))
    }
    answer(.post, .promotion) { request, context in
      try Response.json(try await agent.promote(try await request.value(PromotionOrder.self, context)))
    }
    answer(.get, .features) { _, _ in
      try Response.json(try await agent.features())
    }
    answer(.post, .features) { request, context in
      try await agent.set(try await request.value(FeatureRow.self, context))
      return try Response.json(try await agent.features())
    }
  }

  /// Adds the route of metrics.
  func addMetricsRoute(_ metrics: MetricsRegistry) {
    let pages = SharedAnswer<ByteBuffer>()
    answer(.get, .metrics) { _, _ in
      let page = try await pages.get { ByteBuffer(string: await metrics.render()) }
      return Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
        body: .init(byteBuffer: page))
    }
  }

  /// Adds the routes of liveness and readiness, for supervisors and load balancers, without a token. Their reasons
  /// contain nothing that requires a token; `remora status` has the details.
  func addHealthRoutes(_ agent: Agent) {
    answer(.get, .health) { _, _ in Self.plain("ok\n") }
    answer(.get, .readiness) { _, _ in
      let obstacles = try await agent.obstacleCount()
      guard obstacles > 0 else { return Self.plain("ready\n") }
      return Self.plain("not ready: 'remora status' names \(obstacles) reasons\n", .serviceUnavailable)
    }
  }

  private static func plain(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: .init(byteBuffer: .init(string: text))
    )
  }
}
