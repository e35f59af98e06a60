package import AgentAPI
internal import Replication
internal import SiteAssembly

extension Agent {
  /// One entry of a registry, or a primary's state.
  package func registryEntry(of name: String, id: String) async throws -> RegistryPage {
    let (kind, id) = (try kind(name).name, try ReplicableID(id))
    switch site {
    case .primary(let site):
      guard let state = try await site.primary.states(of: kind).state(of: id), state.goneAt == nil else {
        throw Self.notTracked(id, kind)
      }
      return RegistryPage(states: [PrimaryStateRow(state, of: kind)], next: nil)
    case .secondary(let site):
      guard let entry = try await site.secondary.registry(of: kind).entry(of: id) else {
        throw Self.notTracked(id, kind)
      }
      return RegistryPage(entries: [RegistryRow(entry, of: kind)], next: nil)
    }
  }

  static func notTracked(_ id: ReplicableID, _ name: ReplicableName) -> AgentFault {
    AgentFault(404, "not_tracked", "look '\(id)' of '\(name)' up: it is not tracked here")
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
    let walk = RegistryWalk(
      start: try id.map { try ReplicableID($0) }, limit: max(1, min(limit, 10_000)), prefix: prefix)
    switch site {
    case .primary(let site):
      let states = try site.primary.states(of: kind)
      // A primary has no syncs: either name selects the checksums' state.
      let (named, other) = try (verificationState.map(Self.verificationState), state.map(Self.verificationState))
      guard named == nil || other == nil || named == other else { return RegistryPage(states: [], next: nil) }
      let standing = named ?? other
      var few: [PrimaryState]?
      if let standing { few = try await states.all(in: standing, most: RegistryWalk.few) }
      let (rows, next) = try await walk.rows(few, by: \.replicableID) {
        try await states.window(after: $0, limit: $1)
      } where: { row in
        row.goneAt == nil && standing.map { $0 == row.verificationState } ?? true
      }
      return RegistryPage(states: rows.map { PrimaryStateRow($0, of: kind) }, next: next?.text)
    case .secondary(let site):
      let registry = try site.secondary.registry(of: kind)
      var query = RegistryQuery(limit: RegistryWalk.few)
      query.state = try state.map(Self.syncState)
      query.verificationState = try verificationState.map(Self.verificationState)
      var few: [RegistryEntry]?
      if query.state != nil || query.verificationState != nil, try await registry.count(query) <= RegistryWalk.few {
        few = try await registry.part(query).entries
      }
      let (rows, next) = try await walk.rows(few, by: \.replicableID) {
        try await registry.window(after: $0, limit: $1)
      } where: { [query] row in
        query.fits(row)
      }
      return RegistryPage(entries: rows.map { RegistryRow($0, of: kind) }, next: next?.text)
    }
  }

  /// - Throws: `AgentFault` 400 for an unknown state, 409 for one that only verifications have.
  static func syncState(_ word: String) throws(AgentFault) -> SyncState {
    guard let state = SyncState(rawValue: word) else {
      throw noState(word, isOther: VerificationState(rawValue: word) != nil)
    }
    return state
  }

  /// The same of verifications.
  static func verificationState(_ word: String) throws(AgentFault) -> VerificationState {
    guard let state = VerificationState(rawValue: word) else {
      throw noState(word, isOther: SyncState(rawValue: word) != nil)
    }
    return state
  }

  private static func noState(_ word: String, isOther: Bool) -> AgentFault {
    isOther
      ? AgentFault(409, "wrong_state", "list what stands at '\(word)': syncs and verifications have different states")
      : AgentFault(400, "invalid_request", "list entries in the state '\(word.prefix(40))': there is no such state")
  }

  /// Requests syncs, fresh downloads, verifications; on a primary new readings.
  package func act(_ action: RegistryAction, on name: String) async throws -> ActionAnswer {
    let kind = try kind(name).name
    guard Self.actions.contains(action.action) else {
      throw AgentFault(
        400, "invalid_request",
        "do '\(action.action.prefix(40))': it is none of \(Self.actions.joined(separator: ", "))")
    }
    if let state = action.state, !Self.selectableStates.contains(state) {
      throw AgentFault(
        400, "invalid_request",
        "\(action.action) those that stand at '\(state.prefix(40))': it is none of \(Self.selectableStates.joined(separator: ", "))"
      )
    }
    guard try action.action != "recheck" || needsObjectChecks(kind) else {
      guard let id = action.ids?.first else { return ActionAnswer(count: 0) }
      throw AgentFault(
        409, "no_object_check", "recheck '\(id)' of '\(kind)': a verification reads every byte of a file",
        hint: "ask for a verification")
    }
    let ids = try await targets(of: action, name)
    let count =
      if let id = ids.first, ids.count == 1 {
        try await act(action.action, on: id, kind) ? 1 : try missing(id, kind)
      } else {
        try await act(action.action, onAll: ids, kind)
      }
    if case .secondary(let site) = site { await site.scheduler.wake() }
    return ActionAnswer(count: count)
  }

  private func needsObjectChecks(_ name: ReplicableName) throws -> Bool {
    guard case .secondary(let site) = site else { return true }
    return try site.secondary.strategy(of: name).needsUpkeep
  }

  private static let actions = ["resync", "redownload", "reverify", "recheck"]
  /// Finished entries are requested again by selecting all, or by id.
  private static let selectableStates = ["pending", "started", "failed"]

  private func targets(of action: RegistryAction, _ name: String) async throws -> [ReplicableID] {
    if let ids = action.ids { return try ids.map { try ReplicableID($0) } }
    let isVerification = action.action == "reverify"
    let isCheck = action.action == "recheck"
    var ids: [ReplicableID] = []
    var after: String?
    repeat {
      let page = try await registry(
        of: name, after: after, limit: 10_000, state: isVerification || isCheck ? nil : action.state,
        verificationState: isVerification ? action.state : nil)
      let entries = page.entries?.filter { !isCheck || action.state == nil || $0.checkFailure != nil }
      ids += try (entries?.map(\.modelRecordId) ?? page.states?.map(\.modelRecordId) ?? []).map {
        try ReplicableID($0)
      }
      after = page.next
    } while after != nil
    return ids
  }

  private func missing(_ id: ReplicableID, _ name: ReplicableName) throws -> Int { throw Self.notTracked(id, name) }

  /// Many changes share one wait for the disk; ids that are no longer tracked are skipped.
  private func act(_ action: String, onAll ids: [ReplicableID], _ name: ReplicableName) async throws -> Int {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      var count = 0
      for (index, id) in ids.enumerated() {
        if index >= Self.actionsAtATime, try await group.next() == true { count += 1 }
        group.addTask { try await self.act(action, on: id, name) }
      }
      for try await isDone in group where isDone { count += 1 }
      return count
    }
  }

  private static let actionsAtATime = 64

  /// - Returns: false for an id that is not tracked.
  private func act(_ action: String, on id: ReplicableID, _ name: ReplicableName) async throws -> Bool {
    switch site {
    case .primary(let site):
      guard action == "reverify" else {
        throw AgentFault(409, "wrong_role", "\(action) '\(id)': this site is a primary", hint: "ask a secondary")
      }
      guard let known = try await site.primary.states(of: name).state(of: id), known.goneAt == nil else { return false }
      try await site.primary.reverify([id], name)
      site.intake.signal.raise()
    case .secondary(let site):
      guard try await site.secondary.registry(of: name).entry(of: id) != nil else { return false }
      switch action {
      case "reverify": try await site.secondary.reverify(id, name)
      case "recheck":
        try await site.secondary.recheck(id, name)
        await site.scheduler.requestCheck(id, name)
      default:
        try await site.secondary.resync(id, name, isFresh: action == "redownload")
        await site.scheduler.request([.init(name: name, id: id)])
      }
    }
    return true
  }
}
