internal import Agent
internal import AgentAPI
internal import GitServing
internal import Hummingbird
internal import Replication
internal import SiteTokens
internal import SystemPackage
internal import WorkerPool

extension Router<AgentContext> {
  /// Adds the routes of repositories and files: for sites, and for readers where `serve_git` is on.
  ///
  /// - Parameter spool: the disk budget of all git requests' bodies.
  func addContentRoutes(
    _ agent: Agent, _ doors: AgentListeners, _ service: GitService, workers: WorkerPool, spool: BodyBudget
  ) {
    addGitRoutes(
      service, minimumRate: doors.minimumRate, home: { agent.home(of: $0, id: $1) },
      reserve: { context in
        let lease = spool.lease(for: context.identity.asker(context.client))
        return { try lease.take($0) }
      }
    ) { _, context, target in
      let (kind, id) = (target.kind, target.id)
      let rules = try Self.admit(context, doors, kind, id)
      let found = try await agent.content(of: kind, id: id, incarnation: target.incarnation, as: .repository)
      return ServedRepository(
        path: found.location, showsHiddenRefs: rules == nil, hiddenRefs: rules?.hiddenRefs ?? [],
        trustsOwner: doors.trustedOwners.contains(found.owner),
        asker: .init(name: context.identity.asker(context.client), isSite: rules == nil))
    }
    addBlobRoutes(workers: workers, minimumRate: doors.minimumRate) { _, context, target in
      _ = try Self.admit(context, doors, target.kind, target.id)
      let found = try await agent.content(of: target.kind, id: target.id, incarnation: target.incarnation, as: .file)
      return ServedBlob(root: found.root, path: found.path)
    }
  }

  /// Returns the rules by which a reader may fetch it; `nil` for a site.
  ///
  /// - Throws: `AgentFault` 401 and 403 without permission, 404 for content that the rules exclude.
  private static func admit(
    _ context: AgentContext, _ doors: AgentListeners, _ kind: String, _ id: String
  ) throws -> AgentConfiguration.Serving? {
    try context.require(.siteOrReader)
    if context.site != nil { return nil }
    guard doors.servesReaders else {
      throw AgentFault(
        403, "not_served", "give out this site's copies", hint: "say 'serve_git: true' in its configuration")
    }
    return try doors.rules(of: kind, id, for: context)
  }
}

extension AgentListeners {
  /// Returns the rules by which a reader or an admin may read a replicable, including its refs and their history
  /// (`serve_git` of the kind).
  ///
  /// - Throws: `AgentFault` 403 for a reader where only admins may read, 404 for content that the rules exclude.
  func rules(of kind: String, _ id: String, for context: AgentContext) throws -> AgentConfiguration.Serving {
    let rules = serving[kind] ?? .everything
    if rules.role == .admin { try context.require(.admin) }
    guard rules.selection.selects(try ReplicableID(id)) else {
      throw AgentFault(404, "missing", "there is no such repository or file")
    }
    return rules
  }

  /// Does the same for other routes that show refs: `nil` for sites and admins, which see all of them.
  func refRules(of kind: String, _ id: String, for context: AgentContext) throws -> AgentConfiguration.Serving? {
    guard case .reader = context.identity else { return nil }
    return try rules(of: kind, id, for: context)
  }
}

extension AgentConfiguration.Serving {
  /// Whether a ref is hidden, by the rules of `transfer.hideRefs`: the name itself and the names below it.
  func hides(_ ref: String) -> Bool { hiddenRefs.contains { ref == $0 || ref.hasPrefix("\($0)/") } }
}
