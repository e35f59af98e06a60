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
    get("/api/v1/status") { _, context in
      try context.requireReaderOrLocalProcess()
      return try Response.json(try await agent.status())
    }
    get("/api/v1/kinds/{kind}/registry") { request, context in
      try context.requireReader()
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
    post("/api/v1/kinds/{kind}/registry/actions") { request, context in
      try context.requireAdmin()
      let kind = try context.parameters.require("kind")
      return try Response.json(try await agent.act(try await request.value(RegistryAction.self, context), on: kind))
    }
    get("/api/v1/kinds/{kind}/explanation") { request, context in
      try context.requireReader()
      return try Response.json(
        try await agent.explanation(of: try context.parameters.require("kind"), id: try request.required("id")))
    }
    get("/api/v1/kinds/{kind}/transitions") { request, context in
      try context.requireReader()
      return try Response.json(
        try await agent.transitions(
          of: try context.parameters.require("kind"), id: try request.required("id"),
          limit: try request.number("limit", in: 1...1_000, default: 50)))
    }
    get("/api/v1/kinds/{kind}/history") { request, context in
      try context.requireReader()
      let (kind, id) = (try context.parameters.require("kind"), try request.required("id"))
      let rules = try doors.refRules(of: kind, id, for: context)
      var page = try await agent.history(
        of: kind, id: id, limit: try request.number("limit", in: 1...10_000, default: 100))
      if let rules { page.changes.removeAll { rules.hides($0.ref) } }
      return try Response.json(page)
    }
    get("/api/v1/trends") { _, context in
      try context.requireReader()
      return try Response.json(agent.trends())
    }
    get("/api/v1/kinds/{kind}/trash") { _, context in
      try context.requireReader()
      return try Response.json(try await agent.trash(of: try context.parameters.require("kind")))
    }
    post("/api/v1/kinds/{kind}/trash") { request, context in
      try context.requireAdmin()
      let kind = try context.parameters.require("kind")
      return try Response.json(try await agent.act(try await request.value(TrashAction.self, context), onTrashOf: kind))
    }
    post("/api/v1/kinds/{kind}/removals") { _, context in
      try context.requireAdmin()
      return try Response.json(try await agent.confirmRemovals(of: try context.parameters.require("kind")))
    }
    post("/api/v1/promotion") { request, context in
      try context.requireAdmin()
      return try Response.json(try await agent.promote(try await request.value(PromotionOrder.self, context)))
    }
    get("/api/v1/features") { _, context in
      try context.requireReader()
      return try Response.json(try await agent.features())
    }
    post("/api/v1/features") { request, context in
      try context.requireAdmin()
      try await agent.set(try await request.value(FeatureRow.self, context))
      return try Response.json(try await agent.features())
    }
  }

  /// Adds the route of metrics.
  func addMetricsRoute(_ metrics: MetricsRegistry) {
    let pages = SharedAnswer<ByteBuffer>()
    get("/metrics") { _, context in
      try context.requireReaderOrLocalProcess()
      let page = try await pages.get { ByteBuffer(string: await metrics.render()) }
      return Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
        body: .init(byteBuffer: page))
    }
  }

  /// Adds the routes of liveness and readiness, for supervisors and load balancers, without a token. Their reasons
  /// contain nothing that requires a token; `remora status` has the details.
  func addHealthRoutes(_ agent: Agent) {
    get("/healthz") { _, _ in Self.plain("ok\n") }
    get("/readyz") { _, _ in
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
