extension Primary {
  /// Reads the checksum of one replicable from disk, records it and tells the secondaries.
  ///
  /// Its generation is the last event that was logged before the content was read, so that what later events announce is never
  /// taken for seen.
  /// - Returns: the reading; `nil` when there is nothing to read now (unknown, or changed while it was read: then it is pending
  ///   again).
  @discardableResult public func checksum(_ id: ReplicableID, _ name: ReplicableName) async throws -> PrimaryReading? {
    let member = try table.member(name)
    let generation = try await log.position().generation
    let begun = environment.now()
    guard let ticket = try await member.states.change(id, { $0?.startReading(at: begun) }) else { return nil }
    let checksum: Checksum
    do throws(StrategyError) {
      let listing = try await member.strategy.listing(of: id)
      guard let found = listing.checksum else {
        throw StrategyError(.broken, "read '\(id)': it has no checksum; something in it is unknown")
      }
      checksum = found
    } catch {
      let now = environment.now()
      let environment = environment
      try await member.states.change(id) { state in
        var generator = EnvironmentGenerator(environment: environment)
        if error.code == .cancelled {
          state?.recoverAfterRestart()
        } else {
          state?.failReading(ticket, error.message, at: now, using: &generator)
        }
      }
      return nil
    }
    let reading = PrimaryReading(checksum: checksum, generation: generation, readAt: begun)
    let now = environment.now()
    let isRecorded = try await member.states.change(id) { $0?.finishReading(ticket, reading, at: now) ?? false }
    guard isRecorded else { return nil }
    let incarnation = try await member.states.state(of: id)?.incarnation
    _ = try await append(
      .checksumSucceeded, EventPayload(modelRecordID: id, incarnation: incarnation, reading: reading), member.kind)
    return reading
  }

  /// Reads every checksum that is due, at most `limit` of each kind; returns how many were read.
  @discardableResult public func checksumDue(limit: Int = 1_000) async throws -> Int {
    var count = 0
    for member in table.all {
      for state in try await member.states.dueForChecksum(at: environment.now(), limit: limit) {
        if try await checksum(state.replicableID, member.kind.name) != nil { count += 1 }
      }
    }
    return count
  }

  /// Marks what was read before `moment` to be read again; returns how many.
  @discardableResult public func reverify(before moment: Timestamp, limit: Int = 1_000) async throws -> Int {
    var count = 0
    for member in table.all {
      let old = try await member.states.verified(before: moment, limit: limit).map(\.replicableID)
      try await member.states.changeAll(old) { _, state in state?.reverify() }
      count += old.count
    }
    return count
  }
}
