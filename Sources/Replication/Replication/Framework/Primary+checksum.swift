internal import Synchronization

extension Primary {
  /// Reads the checksum of one replicable from disk, records it and publishes it to the secondaries.
  ///
  /// Its generation is the last event that was logged before the content was read, so that a change of a later event is
  /// never taken as included.
  /// - Returns: the reading; `nil` when there is nothing to read now: the id is unknown, or the content changed during
  ///   the reading, which makes it pending again.
  @discardableResult public func checksum(_ id: ReplicableID, _ name: ReplicableName) async throws -> PrimaryReading? {
    try await checksums(of: [id], name)[id]
  }

  /// Does the same for many replicables of one kind, with two waits for the disk in total.
  @discardableResult public func checksums(
    of ids: [ReplicableID], _ name: ReplicableName
  ) async throws -> [ReplicableID: PrimaryReading] {
    let member = try table.member(name)
    let generation = try await log.position().generation
    let begun = environment.now()
    let tickets = Collected<ReadingTicket>()
    try await member.states.changeAllUntilRestart(ids) { id, state in tickets[id] = state?.startReading(at: begun) }
    var outcomes: [ReplicableID: Result<ReadContent, StrategyError>] = [:]
    for id in ids where tickets[id] != nil {
      outcomes[id] = await read(id, tickets[id]?.incarnation, member).map { checksum, marks in
        ReadContent(
          reading: PrimaryReading(checksum: checksum, generation: generation, readAt: begun), marks: marks)
      }
    }
    return try await record(outcomes, tickets, member)
  }

  /// A checksum, and the marks of the content.
  private struct ReadContent: Sendable {
    var reading: PrimaryReading
    var marks: [String]
  }

  /// - Parameter incarnation: the expected one: the content of another incarnation that replaced it meanwhile must not
  ///   be recorded, because content identifies an incarnation.
  private func read(
    _ id: ReplicableID, _ incarnation: Incarnation?, _ member: Member
  ) async -> Result<(Checksum, [String]), StrategyError> {
    do throws(StrategyError) {
      let before = try await member.strategy.presence(of: id)
      if case .present(let identity) = before, member.tellsByIdentity {
        try await requireIncarnation(incarnation, id, identity, member)
      }
      let listing = try await member.strategy.listing(of: id)
      guard let found = listing.checksum else {
        throw StrategyError(.broken, "read '\(id)': it has no checksum; something in it is unknown")
      }
      if member.tellsByIdentity, try await member.strategy.presence(of: id) != before {
        throw StrategyError(.cancelled, "read '\(id)': it was replaced meanwhile", disposition: .host)
      }
      return .success((found, member.strategy.marks(of: listing)))
    } catch {
      return .failure(error)
    }
  }

  private func requireIncarnation(
    _ incarnation: Incarnation?, _ id: ReplicableID, _ identity: FileIdentity, _ member: Member
  ) async throws(StrategyError) {
    let state: PrimaryState?
    do { state = try await identify(id, as: identity, member) } catch let error as StrategyError {
      throw error
    } catch {
      throw StrategyError(.fileSystem, "read '\(id)': \(error)", disposition: .host)
    }
    guard let state else {
      throw StrategyError(
        .broken, "read '\(id)': it is another directory than before, and which one could not be found out")
    }
    guard state.incarnation == incarnation else {
      throw StrategyError(.cancelled, "read '\(id)': it was replaced meanwhile", disposition: .host)
    }
  }

  private func record(
    _ outcomes: [ReplicableID: Result<ReadContent, StrategyError>], _ tickets: Collected<ReadingTicket>,
    _ member: Member
  ) async throws -> [ReplicableID: PrimaryReading] {
    let now = environment.now()
    let environment = environment
    let readings = Collected<PrimaryReading>()
    let incarnations = Collected<Incarnation>()
    try await member.states.changeAll(outcomes.keys.sorted()) { id, state in
      guard let ticket = tickets[id] else { return }
      switch outcomes[id] {
      case .success(let content):
        guard state?.finishReading(ticket, content.reading, marks: content.marks, at: now) ?? false else { return }
        readings[id] = content.reading
        incarnations[id] = state?.incarnation
      // Not the replicable's failure: the content is read again when its host answers, and no failure is counted.
      case .failure(let error) where error.disposition == .host && [.host, .cancelled].contains(error.origin):
        state?.recoverAfterRestart()
      case .failure(let error):
        var generator = EnvironmentGenerator(environment: environment)
        state?.failReading(ticket, error.message, at: now, using: &generator)
      case nil: return
      }
    }
    let found = readings.all
    try await append(
      .checksumSucceeded,
      found.keys.sorted().map { EventPayload(modelRecordID: $0, incarnation: incarnations[$0], reading: found[$0]) },
      member.kind)
    return found
  }

  /// Reads every checksum that is due, at most `limit` of each kind; returns how many were read.
  @discardableResult public func checksumDue(limit: Int = 1_000) async throws -> Int {
    var count = 0
    for member in table.all {
      let due = try await member.states.dueForChecksum(at: environment.now(), limit: limit).map(\.replicableID)
      if !due.isEmpty { count += try await checksums(of: due, member.kind.name).count }
    }
    return count
  }

  /// Marks contents that were read before `moment` as pending; returns how many.
  @discardableResult public func reverify(before moment: Timestamp, limit: Int = 1_000) async throws -> Int {
    var count = 0
    for member in table.all {
      let old = try await member.states.verified(before: moment, limit: limit).map(\.replicableID)
      try await reverify(old, member.kind.name)
      count += old.count
    }
    return count
  }

  /// Requests new readings of these replicables.
  public func reverify(_ ids: [ReplicableID], _ name: ReplicableName) async throws {
    try await table.member(name).states.changeAll(ids) { _, state in state?.reverify() }
  }
}

/// Collects the results of a change of many entries from its closure.
final class Collected<Value: Sendable>: Sendable {
  private let values = Mutex<[ReplicableID: Value]>([:])

  subscript(id: ReplicableID) -> Value? {
    get { values.withLock { $0[id] } }
    set { values.withLock { $0[id] = newValue } }
  }

  var all: [ReplicableID: Value] { values.withLock { $0 } }
}
