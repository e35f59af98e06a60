internal import Synchronization

extension Primary: PrimaryAccess {
  /// The last event that is durable.
  public func position() async throws -> Cursor { try await log.position() }

  /// Events of the log; see `EventReading`.
  public func events(
    after cursor: Cursor?, limit: Int, wait: Duration
  ) async throws(PrimaryAccessError) -> EventBatch {
    try await log.events(after: cursor, limit: limit, wait: wait)
  }

  /// A page of the catalog. The first page lists the disk; the others are cut from that listing.
  public func catalog(
    of name: ReplicableName, after id: ReplicableID?, limit: Int
  ) async throws(PrimaryAccessError) -> CatalogPage {
    do {
      if let known = catalogs.withLock({ $0[name] }), id != nil || isYoung(known) {
        return known.page(after: id, limit: limit)
      }
      return try await list(try table.member(name)).snapshot.page(after: id, limit: limit)
    } catch {
      throw .unavailable("list the catalog of '\(name)': \(error)")
    }
  }

  private func isYoung(_ snapshot: CatalogSnapshot) -> Bool {
    let age = environment.now() - snapshot.listedAt
    return age >= .zero && age < catalogAge
  }

  /// How the replicable stands on this site's disk now.
  public func standing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> Standing {
    do {
      let member = try table.member(name)
      switch try await member.strategy.presence(of: id) {
      case .unfinished: return .unknown("'\(id)' is being made")
      case .present(let identity):
        guard let state = try await identify(id, as: identity, member) else { return .unknown("'\(id)' just changed") }
        if let incarnation, state.incarnation != incarnation, let moved = try await whereabouts(incarnation, member) {
          return .moved(moved)
        }
        return .present(row(state))
      case .absent:
        if let incarnation, let moved = try await whereabouts(incarnation, member) { return .moved(moved) }
        return .gone
      }
    } catch {
      return .unknown("\(error)")
    }
  }

  /// The row of an incarnation that is on the disk, under whatever id.
  private func whereabouts(_ incarnation: Incarnation, _ member: Member) async throws -> CatalogRow? {
    guard let state = try await member.states.state(of: incarnation), let identity = state.identity,
      try await member.strategy.presence(of: state.replicableID) == .present(identity)
    else { return nil }
    return row(state)
  }

  private func row(_ state: PrimaryState) -> CatalogRow {
    CatalogRow(
      id: state.replicableID, incarnation: state.incarnation, generation: state.generation,
      reading: state.currentReading)
  }

  /// The content, read from disk now.
  public func listing(
    of id: ReplicableID, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ContentListing {
    do {
      return try await table.member(name).strategy.listing(of: id)
    } catch let error as StrategyError {
      throw error.code == .missing ? .missing : .unreadable(error.message)
    } catch {
      throw .unavailable("\(error)")
    }
  }

  /// From where to fetch.
  public func source(of id: ReplicableID, _ name: ReplicableName) async throws(PrimaryAccessError) -> SourceAddress {
    do {
      return try table.member(name).source(id)
    } catch {
      throw .unavailable("\(error)")
    }
  }
}
