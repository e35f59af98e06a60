package import EventLog
internal import RegistryStore
package import Replication

/// A primary with its stores open.
package struct OpenPrimary: Sendable {
  /// The primary.
  package let primary: Primary
  /// Its event log.
  package let log: DurableEventLog
  fileprivate let states: [DurablePrimaryStates]

  /// Closes the stores; no job may run any more.
  ///
  /// - Throws: errors of saving the newest acknowledgements; published events are durable before.
  package func close() async throws { try await Self.close(states, log) }

  fileprivate static func close(_ states: [DurablePrimaryStates], _ log: DurableEventLog) async throws {
    for states in states { await states.close() }
    try await log.close()
  }
}

extension SiteResources {
  /// Opens a primary of this site's kinds.
  ///
  /// - Parameters:
  ///   - kinds: of these only; `nil` for all of the plan.
  ///   - secondaries: the names of those that follow it; without any, nothing is published.
  ///   - catalogAge: how old a listing may be that a new reader of the catalog gets.
  ///   - log: wraps the event log.
  ///   - strategy: gives the strategy of a kind; `nil` for the one of its data type and root.
  ///   - layer: wraps the parts of one kind, outside of what the kind itself replaces.
  /// - Throws: what opening the log and the states throws, and `ReplicationError` for a root that is no directory.
  ///   Nothing is left open then.
  package func openPrimary(
    of kinds: [KindPlan]? = nil, secondaries: [String], catalogAge: Duration = .zero,
    log layeredLog: (DurableEventLog) -> any EventPublishing & EventReading = { $0 },
    strategy: (KindPlan) -> (any Strategy)? = { _ in nil }, layer: (inout Primary.Member, KindPlan) -> Void
  ) async throws -> OpenPrimary {
    var settings = EventLogSettings()
    settings.retention = plan.settings.retention
    let log = try await DurableEventLog.open(
      directory.events, settings: settings, pool: storage, now: plan.environment.now)
    var opened: [DurablePrimaryStates] = []
    do {
      var members: [Primary.Member] = []
      for kind in kinds ?? plan.kinds {
        let states = try await DurablePrimaryStates.open(kind.name, in: directory, pool: storage)
        opened.append(states)
        let given = strategy(kind)
        let standard = if let given { given } else { try await self.strategy(of: kind, holdsCopies: false) }
        var member = Primary.Member(
          kind.kind, strategy: standard, states: states, selection: kind.selection, source: { kind.source(of: $0) })
        layer(&member, kind)
        members.append(member)
      }
      let primary = try Primary(
        name: plan.name, secondaries: secondaries, members: members, log: layeredLog(log), features: features,
        environment: plan.environment, catalogAge: catalogAge)
      try await primary.recover()
      return OpenPrimary(primary: primary, log: log, states: opened)
    } catch {
      // The first error is thrown; published events are durable.
      try? await OpenPrimary.close(opened, log)
      throw error
    }
  }
}

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
