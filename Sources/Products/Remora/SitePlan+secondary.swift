internal import RegistryStore
public import Replication

extension SitePlan {
  /// Opens the site as a secondary of a primary for as long as `body` runs.
  ///
  /// - Parameter primary: the primary itself in one process, or a client of it.
  /// - Throws: what opening the state throws (another process owns it, a file is damaged), and what `body` throws.
  public func withSecondary<Answer: Sendable>(
    of primary: any PrimaryAccess, _ body: (Secondary) async throws -> Answer
  ) async throws -> Answer {
    let site = try await OpenSite(self)
    var opened: [DurableRegistry] = []
    do {
      var members: [Secondary.Member] = []
      for share in shares {
        let registry = try await DurableRegistry.open(share.kind.name, in: site.directory, pool: site.storage)
        opened.append(registry)
        var member = Secondary.Member(
          share.kind, strategy: try site.strategy(of: share), registry: registry,
          differences: DifferenceFiles(share.kind.name, in: site.directory, pool: site.storage),
          selection: share.selection)
        member.strategy = outermostStrategy(member.strategy)
        members.append(member)
      }
      let secondary = try Secondary(
        name: name, of: primary, members: members, features: site.features, environment: environment)
      try await secondary.recover()
      let answer = try await body(secondary)
      for registry in opened { await registry.close() }
      await site.close()
      return answer
    } catch {
      for registry in opened { await registry.close() }
      await site.close()
      throw error
    }
  }
}
