internal import Agent
internal import AgentAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

extension Router<AgentContext> {
  /// Adds the routes of a secondary's requests to its primary.
  func addSiteRoutes(_ agent: Agent, _ doors: AgentListeners) {
    answer(.get, .events) { request, context in
      let limit = try request.number("limit", in: 1...10_000, default: 1_000)
      let wait = try request.number("wait", in: 0...60, default: 0)
      // A waiting poll ends at once when the agent stops; the client retries.
      let page = try await cancelWhenGracefulShutdown {
        try await agent.events(
          after: request.query("after"), limit: limit, wait: .seconds(wait), reader: context.site)
      }
      return try Response.json(page)
    }
    answer(.get, .catalog) { request, context in
      if let site = context.site { agent.heard(from: site) }
      let limit = try request.number("limit", in: 1...10_000, default: 1_000)
      return try Response.json(
        try await agent.catalog(of: try context.parameters.require("kind"), after: request.query("after"), limit: limit)
      )
    }
    answer(.get, .standing) { request, context in
      let (kind, id, marks) = (
        try context.parameters.require("kind"), try request.required("id"), request.query("marks")
      )
      // The answer shows whether the repository has an object, hidden or not.
      if marks != nil, case .reader = context.identity { try context.require(.admin) }
      return try Response.json(
        try await agent.standing(of: kind, id: id, incarnation: request.query("incarnation"), marks: marks))
    }
    answer(.get, .listing) { request, context in
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
    answer(.get, .sites) { _, _ in
      try Response.json(try await agent.sites())
    }
    answer(.post, .siteReport) { request, context in
      guard let site = context.site else {
        throw AgentFault(403, "forbidden", "take a report: only a site reports its status")
      }
      try await agent.take(report: try await request.value(StatusRow.self, context), from: site)
      return Response(status: .noContent)
    }
    answer(.get, .nodeStatus) { _, _ in
      try Response.json(try await agent.nodeStatus())
    }
    answer(.get, .nodeStatusOfSite) { _, context in
      try Response.json(try await agent.nodeStatus(of: try context.parameters.require("name")))
    }
  }

  /// Adds the routes of a promotion's requests to the replaced primary, and of this site's epoch.
  func addFenceRoutes(_ agent: Agent) {
    answer(.get, .fence) { _, context in
      try Response.json(try await agent.fence(for: context.site))
    }
    answer(.post, .fence) { request, context in
      guard let site = context.site else {
        throw AgentFault(403, "forbidden", "replace this primary: only a site can, by 'remora promote' there")
      }
      return try Response.json(try await agent.fence(try await request.value(FenceOrder.self, context), by: site))
    }
    answer(.get, .epoch) { _, _ in
      try Response.json(try agent.epoch())
    }
    answer(.post, .epoch) { request, context in
      try Response.json(try agent.set(try await request.value(EpochOrder.self, context)))
    }
  }

  /// Adds the route of event notices, at every listener.
  func addEventRoute(_ agent: Agent) {
    answer(.post, .events) { request, context in
      try await agent.take(try await request.value(EventNotice.self, context))
      return Response(status: .noContent)
    }
  }
}
