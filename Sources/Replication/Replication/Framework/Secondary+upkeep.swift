extension Secondary {
  /// Runs housekeeping on a copy now, as far as needed; does nothing for a kind without housekeeping. No other job
  /// works on the copy meanwhile. A cancelled run leaves an intact copy.
  ///
  /// A rewritten copy is due for an object check from then on.
  /// - Parameter isThorough: also long steps that are seldom needed; else only steps that keep a busy copy fast.
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

  /// Checks one copy's objects now, and records the result. It runs beside syncs of the same copy; findings are
  /// rechecked while no other job works on the copy, and only then count. A copy that is damaged is fetched anew by its
  /// next sync.
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
