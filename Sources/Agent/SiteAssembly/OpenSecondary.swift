internal import RegistryStore
package import Replication

/// A secondary with its registries open.
package struct OpenSecondary: Sendable {
  /// The secondary.
  package let secondary: Secondary
  fileprivate let registries: [DurableRegistry]

  /// Closes the registries; no job may run any more.
  package func close() async {
    for registry in registries { await registry.close() }
  }
}

extension SiteResources {
  /// Opens a secondary of this site's kinds.
  ///
  /// - Parameters:
  ///   - primary: the primary itself in one process, or a client of it.
  ///   - care: the maintenance of copies; `nil` for none.
  ///   - layer: wraps the parts of one kind, outside of the kind's own replacements.
  /// - Throws: errors of opening the registries, and `ReplicationError` for a root that is no directory. Nothing is
  ///   left open then.
  package func openSecondary(
    of primary: any PrimaryAccess, care: CopyCare? = nil, layer: (inout Secondary.Member, KindPlan) -> Void
  ) async throws -> OpenSecondary {
    var opened: [DurableRegistry] = []
    do {
      var members: [Secondary.Member] = []
      for kind in plan.kinds {
        let registry = try await DurableRegistry.open(kind.name, in: directory, pool: storage)
        opened.append(registry)
        var member = Secondary.Member(
          kind.kind, strategy: try await strategy(of: kind, holdsCopies: true, care: care), registry: registry,
          differences: DifferenceFiles(kind.name, in: directory, pool: storage), selection: kind.selection)
        layer(&member, kind)
        members.append(member)
      }
      let secondary = try Secondary(
        name: plan.name, of: primary, members: members, features: features, environment: plan.environment)
      try await secondary.recover()
      return OpenSecondary(secondary: secondary, registries: opened)
    } catch {
      for registry in opened { await registry.close() }
      throw error
    }
  }
}
