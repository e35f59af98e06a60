package import AgentAPI
internal import RegistryStore
internal import Replication
internal import SiteAssembly

extension Agent {
  /// Returns the trash of a kind.
  package func trash(of name: String) async throws -> TrashPage {
    let site = try secondarySite(for: "list the trash")
    return TrashPage(tickets: try await site.secondary.trash(try kind(name).name).map(TrashRow.init))
  }

  /// Restores one copy, or removes the copies in the trash that are older than requested.
  package func act(_ action: TrashAction, onTrashOf name: String) async throws -> ActionAnswer {
    let site = try secondarySite(for: "change the trash")
    let kind = try kind(name).name
    switch action.action {
    case "restore":
      guard let ticket = try await site.secondary.trash(kind).first(where: { $0.name == action.name }) else {
        throw AgentFault(
          404, "missing",
          "restore '\(action.name?.prefix(200) ?? "")': the trash of '\(kind)' has nothing of that name",
          hint: OperatorCommand.trash(kind.text))
      }
      try await site.secondary.restore(ticket, kind)
      await site.scheduler.request([.init(name: kind, id: ticket.replicableID)])
      return ActionAnswer(count: 1)
    case "empty":
      let age = Duration.seconds(Int64(clamping: action.olderThanSeconds ?? 0))
      let count = try await site.secondary.strategy(of: kind).emptyTrash(before: environment.now() - age)
      return ActionAnswer(count: count)
    default:
      throw AgentFault(400, "invalid_request", "do '\(action.action.prefix(40))': it is none of restore, empty")
    }
  }

  /// Confirms the waiting removals, and runs a pass that makes them at once.
  package func confirmRemovals(of name: String) async throws -> ActionAnswer {
    let site = try secondarySite(for: "confirm removals")
    let kind = try kind(name).name
    let confirmed = try await site.secondary.confirmRemovals(kind)
    site.consistency.hurry()
    return ActionAnswer(count: confirmed.count)
  }

  /// The feature flags.
  package func features() async throws -> FeaturePage {
    var rows: [FeatureRow] = []
    for kind in plan.kinds.map(\.kind) {
      rows.append(FeatureRow(name: kind.featureName, isEnabled: await isEnabled(kind)))
    }
    return FeaturePage(features: rows)
  }

  /// Sets a feature flag; kept across restarts. On a secondary, enabling it starts a consistency pass.
  package func set(_ feature: FeatureRow) async throws {
    guard let kind = plan.kinds.map(\.kind).first(where: { $0.featureName == feature.name }) else {
      throw AgentFault(
        404, "unknown_feature", "set '\(feature.name.prefix(100))': there is no such feature",
        hint: "remora feature list")
    }
    switch site {
    case .primary(let site):
      try await state.features.set(feature.name, to: feature.isEnabled)
      site.scans.signal.raise()
    case .secondary(let site):
      try await site.secondary.setEnabled(feature.isEnabled, kind.name)
      await site.scheduler.wake()
    }
  }

  private func isEnabled(_ kind: Kind) async -> Bool {
    await state.features.setting(of: kind.featureName) ?? kind.replicationEnabledByDefault
  }
}

extension TrashRow {
  init(_ ticket: TrashTicket) {
    self.init(
      name: ticket.name, id: ticket.replicableID.text, incarnation: ticket.incarnation.map { "\($0)" },
      discardedAt: "\(ticket.discardedAt)", reason: ticket.reason)
  }
}
