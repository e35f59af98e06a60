internal import Agent
internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

extension Router<AgentContext> {
  /// Adds the routes of a secondary's requests to its primary.
  func addSiteRoutes(_ agent: Agent, _ doors: AgentListeners) {
    get("/api/v1/events") { request, context in
      let reader = try context.requireSiteOrReader()
      let limit = try request.number("limit", in: 1...10_000, default: 1_000)
      let wait = try request.number("wait", in: 0...60, default: 0)
      // A waiting poll ends at once when the agent stops; the client retries.
      let page = try await cancelWhenGracefulShutdown {
        try await agent.events(
          after: request.query("after"), limit: limit, wait: .seconds(wait), reader: reader)
      }
      return try Response.json(page)
    }
    get("/api/v1/kinds/{kind}/catalog") { request, context in
      if let site = try context.requireSiteOrReader() { agent.heard(from: site) }
      let limit = try request.number("limit", in: 1...10_000, default: 1_000)
      return try Response.json(
        try await agent.catalog(of: try context.parameters.require("kind"), after: request.query("after"), limit: limit)
      )
    }
    get("/api/v1/kinds/{kind}/standing") { request, context in
      try context.requireSiteOrReader()
      let (kind, id, marks) = (
        try context.parameters.require("kind"), try request.required("id"), request.query("marks")
      )
      // The answer shows whether the repository has an object, hidden or not.
      if marks != nil, case .reader = context.identity { try context.requireAdmin() }
      return try Response.json(
        try await agent.standing(of: kind, id: id, incarnation: request.query("incarnation"), marks: marks))
    }
    get("/api/v1/kinds/{kind}/listing") { request, context in
      try context.requireSiteOrReader()
      let (kind, id) = (try context.parameters.require("kind"), try request.required("id"))
      if let rules = try doors.refRules(of: kind, id, for: context), !rules.hiddenRefs.isEmpty {
        throw AgentFault(
          403, "forbidden", "list all refs of '\(id.prefix(100))': some are hidden from readers",
          hint: "git ls-remote lists the others; an admin may list all")
      }
      let listing = try await agent.listing(of: kind, id: id, incarnation: request.query("incarnation"))
      var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"]
      if let checksum = listing.checksum, let name = HTTPField.Name(ListingHeader.checksum) { headers[name] = checksum }
      return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: listing.text)))
    }
  }

  /// Adds the routes of the sites' status.
  func addStandingRoutes(_ agent: Agent) {
    get("/api/v1/sites") { _, context in
      try context.requireReaderOrLocalProcess()
      return try Response.json(try await agent.sites())
    }
    post("/api/v1/sites/report") { request, context in
      guard let site = try context.requireSiteOrReader() else {
        throw AgentFault(403, "forbidden", "take a report: only a site tells how it stands")
      }
      try await agent.take(report: try await request.value(StatusRow.self, context), from: site)
      return Response(status: .noContent)
    }
    get("/geo_nodes/status") { _, context in
      try context.requireReaderOrLocalProcess()
      return try Response.json(try await agent.nodeStatus())
    }
    get("/geo_nodes/{name}/status") { _, context in
      try context.requireReaderOrLocalProcess()
      return try Response.json(try await agent.nodeStatus(of: try context.parameters.require("name")))
    }
  }

  /// Adds the routes of a promotion's requests to the replaced primary, and of this site's epoch.
  func addFenceRoutes(_ agent: Agent) {
    get("/api/v1/fence") { _, context in
      return try Response.json(try await agent.fence(for: try context.requireSiteOrReader()))
    }
    post("/api/v1/fence") { request, context in
      guard let site = try context.requireSiteOrReader() else {
        throw AgentFault(403, "forbidden", "replace this primary: only a site can, by 'remora promote' there")
      }
      return try Response.json(try await agent.fence(try await request.value(FenceOrder.self, context), by: site))
    }
    get("/api/v1/epoch") { _, context in
      try context.requireReader()
      return try Response.json(try agent.epoch())
    }
    post("/api/v1/epoch") { request, context in
      try context.requireAdmin()
      return try Response.json(try agent.set(try await request.value(EpochOrder.self, context)))
    }
  }

  /// Adds the route of event notices, at every listener.
  func addEventRoute(_ agent: Agent) {
    post("/api/v1/events") { request, context in
      try context.requireAdmin()
      try await agent.take(try await request.value(EventNotice.self, context))
      return Response(status: .noContent)
    }
  }
}
