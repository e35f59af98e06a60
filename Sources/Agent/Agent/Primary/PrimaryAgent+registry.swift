internal import AgentAPI
internal import Replication
internal import SiteAssembly

/// A primary's states of its replicables, in place of a registry.
extension PrimaryAgent {
  func registryEntry(of id: ReplicableID, _ name: ReplicableName) async throws -> RegistryPage {
    guard let state = try await site.primary.states(of: name).state(of: id), state.goneAt == nil else {
      throw AgentFault.notTracked(id, name)
    }
    return RegistryPage(states: [PrimaryStateRow(state, of: name)], next: nil)
  }

  func walk(_ walk: RegistryWalk, _ filter: StateFilter, of name: ReplicableName) async throws -> RegistryPage {
    let states = try site.primary.states(of: name)
    // A primary has no syncs: either name selects the checksums' state.
    let (named, other) = try (
      filter.verificationState.map(StateFilter.verificationState), filter.state.map(StateFilter.verificationState)
    )
    guard named == nil || other == nil || named == other else { return RegistryPage(states: [], next: nil) }
    let standing = named ?? other
    var few: [PrimaryState]?
    if let standing { few = try await states.all(in: standing, most: RegistryWalk.few) }
    let (rows, next) = try await walk.rows(few, by: \.replicableID) {
      try await states.window(after: $0, limit: $1)
    } where: { row in
      row.goneAt == nil && standing.map { $0 == row.verificationState } ?? true
    }
    return RegistryPage(states: rows.map { PrimaryStateRow($0, of: name) }, next: next?.text)
  }

  func list(_ listing: RegistryListing, of name: ReplicableName) async throws -> RegistryPage {
    _ = try listing.ordering()
    guard listing.sort == "id_asc", listing.before == nil else {
      throw AgentFault(
        409, "wrong_role", "sort the states of '\(name)', or go back in them: a primary lists by id, and forward",
        hint: "ask without 'sort' and 'before'")
    }
    return try await walk(
      RegistryWalk(after: listing.after, limit: listing.limit, prefix: listing.prefix),
      StateFilter(state: listing.state, verificationState: listing.verificationState), of: name)
  }

  func checksObjects(of name: ReplicableName) -> Bool { true }

  func act(_ order: RegistryOrder, on id: ReplicableID, _ name: ReplicableName) async throws -> Bool {
    guard order == .reverify else { throw AgentFault.onlyOnSecondary("\(order.rawValue) '\(id)'") }
    guard let known = try await site.primary.states(of: name).state(of: id), known.goneAt == nil else { return false }
    try await site.primary.reverify([id], name)
    site.intake.signal.raise()
    return true
  }

  /// Its readings start with `act`.
  func startActions() {}
}
