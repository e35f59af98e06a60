internal import Synchronization

extension Primary: PrimaryAccess {
  /// Returns the cursor of the last durable event.
  public func position() async throws -> Cursor { try await log.position() }

  /// Returns events of the log; see `EventReading`.
  public func events(
    after cursor: Cursor?, limit: Int, wait: Duration
  ) async throws(PrimaryAccessError) -> EventBatch {
    try await log.events(after: cursor, limit: limit, wait: wait)
  }

  /// Returns a page of the catalog. The first page lists the disk; the others are cut from that listing.
  public func catalog(
    of name: ReplicableName, after id: ReplicableID?, limit: Int
  ) async throws(PrimaryAccessError) -> CatalogPage {
    do {
      if let known = known(name), id != nil || isYoung(known) { return known.page(after: id, limit: limit) }
      let member = try table.member(name)
      let snapshot = try await member.turns.run {
        // Another reader's request made a listing while this one waited.
        if let known = known(name), isYoung(known) { return known }
        return try await list(member).snapshot
      }
      return snapshot.page(after: id, limit: limit)
    } catch ReplicationError.unknownReplicable {
      throw .unknownKind
    } catch {
      throw .unavailable("list the catalog of '\(name)': \(error)")
    }
  }

  private func known(_ name: ReplicableName) -> CatalogSnapshot? { catalogs.withLock { $0[name] } }

  private func isYoung(_ snapshot: CatalogSnapshot) -> Bool {
    let age = environment.now() - snapshot.listedAt
    return age >= .zero && age < catalogAge
  }

  /// Returns the replicable's status on this site's disk now.
  public func standing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ReplicableStatus {
    do {
      let member = try table.member(name)
      switch try await member.strategy.presence(of: id) {
      case .unfinished:
        if let incarnation, let moved = try await whereabouts(incarnation, besides: id, member) { return moved }
        // It has a state: it was a replicable, and is none now.
        guard try await member.states.state(of: id) != nil else { return .unknown("'\(id)' is being made") }
        return .notOffered(.broken)
      case .present(let identity):
        if let reason = try await ruledOut(id, member) {
          // The replicable with the id is not offered. The requested incarnation may have another id by now.
          if let incarnation, let moved = try await whereabouts(incarnation, besides: id, member) { return moved }
          return .notOffered(reason)
        }
        guard let state = try await identify(id, as: identity, member) else {
          return .unknown("'\(id)' is another directory than before, and which one could not be found out")
        }
        if let incarnation, state.incarnation != incarnation, let moved = try await whereabouts(incarnation, member) {
          return moved
        }
        return .present(row(state))
      case .absent: return try await standingOfAbsent(id, incarnation, member)
      }
    } catch {
      return .unknown("\(error)")
    }
  }

  /// Returns the status of a replicable whose id is absent. Before it counts as gone, its directory is searched under
  /// other ids: it may have been renamed since the last listing.
  private func standingOfAbsent(
    _ id: ReplicableID, _ incarnation: Incarnation?, _ member: Member
  ) async throws -> ReplicableStatus {
    guard let incarnation else { return .gone }
    if let moved = try await whereabouts(incarnation, member) { return moved }
    // One that a complete listing lacked is gone; one without a state was never here.
    guard let state = try await member.states.state(of: incarnation), state.goneAt == nil else { return .gone }
    let listing = try await member.turns.run { try await list(member) }
    if let moved = try await whereabouts(incarnation, member) { return moved }
    // `presence` has checked an empty root.
    guard listing.directory.isComplete || listing.directory.rows.isEmpty else {
      return .unknown("'\(id)' is not there, and not all directories could be read: it may be under another id")
    }
    return try await member.strategy.presence(of: id) == .absent ? .gone : .unknown("'\(id)' just changed")
  }

  /// Returns where an incarnation is on the disk, under any id; one that was moved to an id that is not offered is not
  /// gone.
  ///
  /// - Parameter id: the id to exclude from the search.
  private func whereabouts(
    _ incarnation: Incarnation, besides id: ReplicableID? = nil, _ member: Member
  ) async throws -> ReplicableStatus? {
    guard let state = try await member.states.state(of: incarnation), let identity = state.identity,
      state.replicableID != id,
      case .present(let found) = try await member.strategy.presence(of: state.replicableID), identity.matches(found)
    else { return nil }
    if let reason = try await ruledOut(state.replicableID, member) { return .notOffered(reason) }
    return .moved(row(state))
  }

  private func row(_ state: PrimaryState) -> CatalogRow {
    CatalogRow(
      id: state.replicableID, incarnation: state.incarnation, generation: state.generation,
      reading: state.currentReading, announcedAt: state.announcedAt)
  }

  /// Reads the content from disk, and returns it if the incarnation is the same before and after.
  public func listing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ContentListing {
    try await requireCurrent(id, incarnation, name)
    let listing: ContentListing
    do {
      let member = try table.member(name)
      guard try await ruledOut(id, member) == nil else { throw PrimaryAccessError.missing }
      listing = try await member.strategy.listing(of: id)
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
    try await requireCurrent(id, incarnation, name)
    return listing
  }

  /// Returns the address of that incarnation's content.
  public func source(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> SourceAddress {
    try await requireCurrent(id, incarnation, name)
    do {
      return try table.member(name).source(id)
    } catch {
      throw .unavailable("\(error)")
    }
  }

  /// Whether that incarnation holds all of these marks.
  public func holds(
    _ marks: [String], _ id: ReplicableID, incarnation: Incarnation, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> Bool? {
    try await requireCurrent(id, incarnation, name)
    do {
      return try await table.member(name).strategy.holds(marks, id)
    } catch let error as StrategyError {
      throw error.code == .missing ? .missing : .unreadable(error.message)
    } catch {
      throw .unavailable("\(error)")
    }
  }
}
