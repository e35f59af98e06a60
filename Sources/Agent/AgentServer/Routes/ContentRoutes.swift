internal import Agent
internal import AgentAPI
internal import GitServing
internal import Hummingbird
internal import Replication
internal import SiteTokens
internal import SystemPackage
internal import WorkerPool

extension Router<AgentContext> {
  /// Repositories and files: for sites, and for readers where `serve_git` is on.
  func addContentRoutes(_ agent: Agent, _ doors: AgentDoors, _ service: GitService, workers: WorkerPool) {
    addGitRoutes(
      service, minimumRate: doors.minimumRate, home: { agent.home(of: $0, id: $1) }
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

  /// By which rules a person is given it; `nil` when a site asks.
  ///
  /// - Throws: `AgentFault` 401 and 403 for who may not, 404 for what the rules leave out.
  private static func admit(
    _ context: AgentContext, _ doors: AgentDoors, _ kind: String, _ id: String
  ) throws -> AgentConfiguration.Serving? {
    if try context.requireSiteOrReader() != nil { return nil }
    guard doors.servesPeople else {
      throw AgentFault(
        403, "not_served", "give out this site's copies", hint: "say 'serve_git: true' in its configuration")
    }
    let rules = doors.serving[kind] ?? .everything
    if rules.role == .admin { try context.requireAdmin() }
    guard rules.selection.selects(try ReplicableID(id)) else {
      throw AgentFault(404, "missing", "there is no such repository or file")
    }
    return rules
  }
}
