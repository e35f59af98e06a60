package import AgentAPI
internal import RegistryStore
package import Replication
internal import SiteAssembly

/// The operations that depend on the site's role. A `SiteOperations` carries them out; an operation of the other role is
/// refused here.
extension Agent {
  /// - Throws: `ReplicationError` for a kind that this site does not replicate.
  func kind(_ name: String) throws -> KindPlan { try context.kind(name) }

  // MARK: Of both roles

  /// Publishes a Git host's notice; durable on return.
  package func take(_ notice: EventNotice) async throws { try await operations.take(notice) }

  /// Returns where the content of a present replicable is.
  ///
  /// - Parameter incarnation: the expected one, on a primary; `nil` for any that has the id.
  /// - Throws: `AgentFault` 409 on a primary that was replaced, 409 `replaced` for another incarnation, 404 for a
  ///   replicable that is absent or not selected, 503 when the root is missing, or empty like the mount point of a file
  ///   system that is not mounted. `ReplicationError` for an unknown kind and a bad id.
  package func content(
    of name: String, id: String, incarnation: Incarnation? = nil, as content: Content
  ) async throws -> FoundContent {
    try await operations.content(of: ContentLookup(name: name, id: id, incarnation: incarnation, content: content))
  }

  /// Returns where a repository is pushed to, for the refusal of a push here: `push to …`.
  package func home(of name: String, id: String) -> String { operations.home(of: name, id: id) }

  /// Returns why one replicable is in its state, what happens next, and when.
  package func explanation(of name: String, id: String) async throws -> ExplanationRow {
    let (kind, id) = (try kind(name), try ReplicableID(id))
    return try await operations.explanation(of: id, kind)
  }

  /// One entry of a registry, or a primary's state.
  package func registryEntry(of name: String, id: String) async throws -> RegistryPage {
    let (kind, id) = (try kind(name).name, try ReplicableID(id))
    return try await operations.registryEntry(of: id, kind)
  }

  /// Returns a part of a registry, or of a primary's states, in order of ids. A part may be short, or empty, and still
  /// have a next one: at most some 20,000 rows are examined for one page.
  ///
  /// - Parameters:
  ///   - state: only those in this sync state, or on a primary in this checksum state.
  ///   - verificationState: only those in this verification state.
  ///   - prefix: only those whose ids have this prefix.
  package func registry(
    of name: String, after id: String?, limit: Int, state: String?, verificationState: String?, prefix: String? = nil
  ) async throws -> RegistryPage {
    let kind = try kind(name).name
    return try await operations.walk(
      try RegistryWalk(after: id, limit: limit, prefix: prefix),
      StateFilter(state: state, verificationState: verificationState), of: kind)
  }

  /// Returns a page of a list, with the total number of matches.
  ///
  /// - Throws: `AgentFault` 400 for unknown words.
  package func list(_ listing: RegistryListing, of name: String) async throws -> RegistryPage {
    try await operations.list(listing, of: try kind(name).name)
  }

  /// The entry with a number; `nil` where there is none, and on a primary.
  package func entry(number: UInt64, of name: String) async throws -> RegistryRow? {
    guard let secondary else { return nil }
    return try await secondary.entry(number: number, of: name)
  }

  // MARK: Of a primary

  /// Returns a part of the event feed; see `PrimaryAgent.events`.
  package func events(
    after cursor: String?, limit: Int, wait: Duration, reader: String?
  ) async throws -> EventPage {
    try await unfencedPrimary(for: "read the event feed")
      .events(after: cursor, limit: limit, wait: wait, reader: reader)
  }

  /// Returns events before one, or the last ones, the newest first.
  package func events(before id: UInt64?, limit: Int) async throws -> [EventRow] {
    try await primary(for: "list the last events").events(before: id, limit: limit)
  }

  /// Returns a part of a kind's catalog.
  package func catalog(of name: String, after id: String?, limit: Int) async throws -> CatalogPageRow {
    try await unfencedPrimary(for: "list the catalog").catalog(of: name, after: id, limit: limit)
  }

  /// Returns the status of one replicable on the disk; see `PrimaryAgent.standing`.
  package func standing(
    of name: String, id: String, incarnation: String?, marks: String? = nil
  ) async throws -> ReplicableStatusRow {
    try await unfencedPrimary(for: "look how a replicable stands")
      .standing(of: name, id: id, incarnation: incarnation, marks: marks)
  }

  /// Reads one replicable's content from disk: the lines, and their checksum.
  ///
  /// - Throws: `AgentFault` 409 `replaced` where another incarnation has the id.
  package func listing(
    of name: String, id: String, incarnation: String? = nil
  ) async throws -> (text: [UInt8], checksum: String?) {
    try await unfencedPrimary(for: "list a replicable").listing(of: name, id: id, incarnation: incarnation)
  }

  /// Records a request of a secondary.
  package func heard(from secondary: String) { primary?.heard(from: secondary) }

  /// Stores a secondary's report; see `PrimaryAgent.take(report:from:)`.
  package func take(report: StatusRow, from name: String) async throws {
    try await primary(for: "take the report of a site").take(report: report, from: name)
  }

  /// Returns this primary's epoch and its last event; see `PrimaryAgent.fence(for:)`.
  package func fence(for name: String? = nil) async throws -> FenceRow {
    try await primary(for: "answer which site is the primary").fence(for: name)
  }

  /// Fences this primary durably; see `PrimaryAgent.fence(_:by:)`.
  package func fence(_ order: FenceOrder, by name: String) async throws -> FenceRow {
    try await primary(for: "be replaced as primary").fence(order, by: name)
  }

  // MARK: Of a secondary

  /// Returns the ref changes of a copy, the newest first.
  ///
  /// - Throws: `AgentFault` 404 for an id that is not tracked, 409 for a kind without refs, or without a copy yet.
  package func history(of name: String, id: String, limit: Int = 100) async throws -> HistoryPage {
    try await secondary(for: "tell the history of '\(id.prefix(200))'").history(of: name, id: id, limit: limit)
  }

  /// Returns the trash of a kind.
  package func trash(of name: String) async throws -> TrashPage {
    try await secondary(for: "list the trash").trash(of: name)
  }

  /// Restores one copy, or removes the copies in the trash that are older than requested.
  package func act(_ action: TrashAction, onTrashOf name: String) async throws -> ActionAnswer {
    try await secondary(for: "change the trash").act(action, onTrashOf: name)
  }

  /// Confirms the waiting removals, and runs a pass that makes them at once.
  package func confirmRemovals(of name: String) async throws -> ActionAnswer {
    try await secondary(for: "confirm removals").confirmRemovals(of: name)
  }
}

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
