extension Secondary {
  /// Puts a copy's files in order, now, as far as they need it; nothing for a kind that needs no upkeep. Nothing else
  /// is done with the copy meanwhile. Cancelled it leaves a sound copy.
  ///
  /// What it rewrites is due for an object check from then on.
  /// - Parameter isThorough: also what takes long and is seldom needed; else only what keeps a busy copy fast.
  public func housekeep(
    _ id: ReplicableID, _ name: ReplicableName, isThorough: Bool
  ) async throws -> HousekeepingResult {
    let member = try table.member(name)
    guard member.strategy.needsUpkeep, try await member.registry.entry(of: id) != nil else { return .notDue }
    return try await member.jobs.housekeeping(id) {
      let report: HousekeepingReport
      do {
        report = try await member.strategy.housekeep(id, isThorough: isThorough)
      } catch {
        switch Failure(error) {
        case .replicable(let message, _): return .failed(message)
        case .pause(let pause): return .paused(pause)
        }
      }
      if report.hasRewritten { try await member.registry.change(id) { entry, _ in entry?.requestCheck() } }
      return .done(report)
    }
  }

  /// Checks one copy's objects now, and records the result. It runs beside syncs of the same copy; what it finds is
  /// looked at once more while nothing else touches the copy, and only then counts. A copy that is damaged is fetched
  /// anew by its next sync.
  public func check(_ id: ReplicableID, _ name: ReplicableName) async throws -> CheckResult {
    let member = try table.member(name)
    guard member.strategy.needsUpkeep, let ticket = try await member.registry.entry(of: id)?.startCheck() else {
      return .notDue
    }
    let findings: [String]
    do {
      let isWhole = try await member.strategy.check(id).findings.isEmpty
      findings =
        isWhole ? [] : try await member.jobs.secondLook(id) { try await member.strategy.check(id).findings }
    } catch {
      switch Failure(error) {
      case .replicable(let message, _): findings = [message]
      case .pause(let pause): return .paused(pause)
      }
    }
    let now = environment.now()
    guard let found = findings.first else {
      let isOfThis = try await member.registry.change(id) { entry, _ in entry?.passCheck(ticket, at: now) }
      return isOfThis == true ? .whole : .notDue
    }
    let message = findings.count == 1 ? found : "\(found) (and \(findings.count - 1) more)"
    let isOfThis = try await member.registry.change(id) { entry, _ in entry?.failCheck(ticket, message, at: now) }
    return isOfThis == true ? .damaged(message) : .notDue
  }

  /// Requests an object check, which the next round of work does. Does nothing for an id that is not tracked.
  public func recheck(_ id: ReplicableID, _ name: ReplicableName) async throws {
    try await table.member(name).registry.change(id) { entry, _ in entry?.requestCheck() }
  }
}
