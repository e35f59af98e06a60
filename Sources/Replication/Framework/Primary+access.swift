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
    } catch ReplicationError.unknownReplicable {
      throw .unknownKind
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
      case .unfinished:
        // Known before: it was a replicable, and is none now.
        guard try await member.states.state(of: id) != nil else { return .unknown("'\(id)' is being made") }
        return .notOffered(.broken)
      case .present(let identity):
        if let reason = try await ruledOut(id, member) { return .notOffered(reason) }
        guard let state = try await identify(id, as: identity, member) else { return .unknown("'\(id)' just changed") }
        if let incarnation, state.incarnation != incarnation, let moved = try await whereabouts(incarnation, member) {
          return moved
        }
        return .present(row(state))
      case .absent:
        if let incarnation, let moved = try await whereabouts(incarnation, member) { return moved }
        return .gone
      }
    } catch {
      return .unknown("\(error)")
    }
  }

  /// Where an incarnation is on the disk, under whatever id; one that was moved to where nothing is offered is not gone.
  private func whereabouts(_ incarnation: Incarnation, _ member: Member) async throws -> Standing? {
    guard let state = try await member.states.state(of: incarnation), let identity = state.identity,
      try await member.strategy.presence(of: state.replicableID) == .present(identity)
    else { return nil }
    if let reason = try await ruledOut(state.replicableID, member) { return .notOffered(reason) }
    return .moved(row(state))
  }

  private func row(_ state: PrimaryState) -> CatalogRow {
    CatalogRow(
      id: state.replicableID, incarnation: state.incarnation, generation: state.generation,
      reading: state.currentReading, announcedAt: state.announcedAt)
  }

  /// The content, read from disk now.
  public func listing(
    of id: ReplicableID, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ContentListing {
    do {
      let member = try table.member(name)
      guard try await ruledOut(id, member) == nil else { throw PrimaryAccessError.missing }
      return try await member.strategy.listing(of: id)
    } catch let error as PrimaryAccessError {
      throw error
    } catch ReplicationError.unknownReplicable {
      throw .unknownKind
    } catch let error as StrategyError {
      if error.code == .missing || error.code == .missingOnPrimary { throw .missing }
      throw error.disposition == .host ? .paused(Pause(error)) : .unreadable(error.message)
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
