internal import Agent
internal import AgentAPI
internal import GitServing
internal import Hummingbird
internal import SystemPackage
internal import WorkerPool

extension Router<AgentContext> {
  /// Repositories and files: for sites, and for people where that is wanted.
  func addContentRoutes(_ agent: Agent, _ doors: AgentDoors, _ service: GitService, workers: WorkerPool) {
    addGitRoutes(service) { _, context, kind, id in
      let isSite = try Self.admit(context, doors)
      let found = try await agent.content(of: kind, id: id, as: .repository)
      return ServedRepository(
        path: found.root.pushing(found.path), showsHiddenRefs: isSite,
        trustsOwner: doors.trustedOwners.contains(found.owner))
    }
    addBlobRoutes(workers: workers) { _, context, kind, id in
      _ = try Self.admit(context, doors)
      let found = try await agent.content(of: kind, id: id, as: .file)
      return ServedBlob(root: found.root, path: found.path)
    }
  }

  /// Whether a site asks, and not a person.
  private static func admit(_ context: AgentContext, _ doors: AgentDoors) throws -> Bool {
    if try context.requireSiteOrReader() != nil { return true }
    guard doors.servesPeople else {
      throw AgentFault(
        403, "not_served", "give out this site's copies", hint: "say 'serve_git: true' in its configuration")
    }
    return false
  }
}
