package import AgentAPI
internal import RegistryStore
internal import Replication
internal import SiteAssembly

extension Agent {
  /// Requests syncs, fresh downloads, verifications; on a primary new readings.
  package func act(_ action: RegistryAction, on name: String) async throws -> ActionAnswer {
    let kind = try kind(name).name
    guard let order = action.action.known else {
      throw AgentFault(
        400, "invalid_request", "do '\(action.action.text.prefix(40))': it is none of \(RegistryOrder.list)")
    }
    if case .other(let state)? = action.state {
      throw AgentFault(
        400, "invalid_request",
        "\(order.rawValue) those that stand at '\(state.prefix(40))': it is none of \(UnfinishedWord.list)")
    }
    guard try order != .recheck || operations.checksObjects(of: kind) else {
      guard let id = action.ids?.first else { return ActionAnswer(count: 0) }
      throw AgentFault(
        409, "no_object_check", "recheck '\(id)' of '\(kind)': a verification reads every byte of a file",
        hint: "ask for a verification")
    }
    let ids = try await targets(of: order, action, name)
    let count =
      if let id = ids.first, ids.count == 1 {
        try await operations.act(order, on: id, kind) ? 1 : try missing(id, kind)
      } else {
        try await act(order, onAll: ids, kind)
      }
    await operations.startActions()
    return ActionAnswer(count: count)
  }

  private func targets(of order: RegistryOrder, _ action: RegistryAction, _ name: String) async throws -> [ReplicableID]
  {
    if let ids = action.ids { return try ids.map { try ReplicableID($0) } }
    let isVerification = order == .reverify
    let isCheck = order == .recheck
    var ids: [ReplicableID] = []
    var after: String?
    repeat {
      let page = try await registry(
        of: name, after: after, limit: 10_000, state: isVerification || isCheck ? nil : action.state?.text,
        verificationState: isVerification ? action.state?.text : nil)
      let entries = page.entries?.filter { !isCheck || action.state == nil || $0.checkFailure != nil }
      ids += try (entries?.map(\.modelRecordId) ?? page.states?.map(\.modelRecordId) ?? []).map {
        try ReplicableID($0)
      }
      after = page.next
    } while after != nil
    return ids
  }

  private func missing(_ id: ReplicableID, _ name: ReplicableName) throws -> Int {
    throw AgentFault.notTracked(id, name)
  }

  /// Many changes share one wait for the disk; ids that are no longer tracked are skipped.
  private func act(_ order: RegistryOrder, onAll ids: [ReplicableID], _ name: ReplicableName) async throws -> Int {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      var count = 0
      for (index, id) in ids.enumerated() {
        if index >= Self.actionsAtATime, try await group.next() == true { count += 1 }
        group.addTask { try await self.operations.act(order, on: id, name) }
      }
      for try await isDone in group where isDone { count += 1 }
      return count
    }
  }

  private static let actionsAtATime = 64

  // MARK: Features

  /// The feature flags.
  package func features() async throws -> FeaturePage {
    var rows: [FeatureRow] = []
    for kind in plan.kinds.map(\.kind) {
      let isEnabled =
        await context.state.features.setting(of: kind.featureName) ?? kind.replicationEnabledByDefault
      rows.append(FeatureRow(name: kind.featureName, isEnabled: isEnabled))
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
    try await operations.set(feature, of: kind)
  }
}
