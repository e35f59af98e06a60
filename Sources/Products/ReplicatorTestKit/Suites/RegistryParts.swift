internal import Remora

/// "a framework registry": what holds for the registry of syncs.
enum RegistryParts {
  static let all = [
    Suite.Part("states", states), Suite.Part("order", order), Suite.Part("consistency", consistency),
    Suite.Part("restart", restart), Suite.Part("feature", feature),
  ]

  static func states(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let registry = try ground.secondary.registry(of: ground.kind.name)
    let id = try await ground.created("tracked")
    let pending = try await registry.counts(at: ground.clock.now)
    findings.expect(pending.states[.pending] == 1, "counts no pending entry")
    ground.hooks.duringNextSync {
      findings.expect(try await ground.entry(id)?.state == .started, "is not 'started' while a sync runs")
    }
    try await ground.secondary.work()
    let synced = try await registry.counts(at: ground.clock.now)
    findings.expect(
      synced.states[.synced] == 1 && (synced.states[.pending] ?? 0) == 0, "does not count a synced entry")
    findings.expect(try await ground.entry(id)?.lastSyncedAt == ground.clock.now, "records no time of the sync")
    try await ground.secondary.resync(id, ground.kind.name)
    findings.expect(try await ground.entry(id)?.state == .pending, "is not pending after a resync was asked for")
  }

  static func order(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let registry = try ground.secondary.registry(of: ground.kind.name)
    let failing = try await ground.created("failing")
    try ground.move(ground.source(failing), to: ground.source(failing) + "-aside")
    _ = try await ground.secondary.sync(failing, ground.kind.name)
    ground.clock.advance(by: .seconds(120))
    let fresh = try await ground.created("fresh")
    let due = try await registry.dueForSync(at: ground.clock.now, limit: 10).map(\.replicableID)
    findings.expect(
      due == [fresh, failing], "does not offer pending entries first, then failed ones that are due: \(due)")
    let numbers = try await [ground.entry(failing)?.id ?? 0, ground.entry(fresh)?.id ?? 0]
    findings.expect(numbers[0] > 0 && numbers[0] < numbers[1], "gives entries no growing numbers: \(numbers)")
  }

  static func consistency(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let known = try await ground.replicated("known")
    let quiet = try ReplicableID("quiet")
    try ground.sample.create(at: ground.source(quiet))
    let differences = try await ground.secondary.findRegistryDifferences(ground.kind.name)
    findings.expect(differences.untracked == [quiet], "does not find what is untracked: \(differences.untracked)")
    let report = try await ground.secondary.reconcile(ground.kind.name)
    findings.expect(report.inserted == 1, "inserts \(report.inserted) entries for one untracked replicable")
    try await ground.secondary.work()
    findings.expect(
      try ground.look(ground.copy(quiet)) == ground.look(ground.source(quiet)),
      "does not copy what a consistency pass found")
    try ground.remove(ground.source(known))
    let second = try await ground.secondary.reconcile(ground.kind.name)
    findings.expect(second.removed == 1, "removes \(second.removed) entries for one that is gone")
    findings.expect(try await ground.entry(known) == nil, "keeps the entry of what is gone")
  }

  static func restart(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.created("interrupted")
    ground.hooks.duringNextSync {
      // What a process finds that starts while this entry is marked as started.
      try await ground.secondary.recover()
      findings.expect(
        try await ground.entry(id)?.state == .pending, "leaves an entry 'started' after the process was started anew")
    }
    _ = try await ground.secondary.sync(id, ground.kind.name)
    try await ground.secondary.work()
    findings.expect(try await ground.entry(id)?.state == .synced, "does not sync what a dead process had begun")
  }

  static func feature(_ ground: ConformanceGround, _ findings: Findings) async throws {
    try await ground.secondary.setEnabled(false, ground.kind.name)
    let id = try await ground.created("unseen")
    findings.expect(try await ground.entry(id) == nil, "consumes events while its feature is off")
    try await ground.secondary.setEnabled(true, ground.kind.name)
    findings.expect(
      try await ground.entry(id) != nil, "does not find what happened while its feature was off")
  }
}
