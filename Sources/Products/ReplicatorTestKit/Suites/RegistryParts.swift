internal import Remora

/// "a framework registry": what holds for the registry of syncs.
enum RegistryParts {
  static let all = [
    Suite.Part("states", states), Suite.Part("order", order), Suite.Part("consistency", consistency),
    Suite.Part("restart", restart), Suite.Part("feature", feature),
  ]

  static func states(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let registry = try fixture.secondary.registry(of: fixture.kind.name)
    let id = try await fixture.created("tracked")
    let pending = try await registry.counts(at: fixture.clock.now)
    findings.expect(pending.states[.pending] == 1, "counts no pending entry")
    fixture.hooks.duringNextSync {
      findings.expect(try await fixture.entry(id)?.state == .started, "is not 'started' while a sync runs")
    }
    try await fixture.secondary.work()
    let synced = try await registry.counts(at: fixture.clock.now)
    findings.expect(
      synced.states[.synced] == 1 && (synced.states[.pending] ?? 0) == 0, "does not count a synced entry")
    findings.expect(try await fixture.entry(id)?.lastSyncedAt == fixture.clock.now, "records no time of the sync")
    try await fixture.secondary.resync(id, fixture.kind.name)
    findings.expect(try await fixture.entry(id)?.state == .pending, "is not pending after a resync was asked for")
  }

  static func order(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let registry = try fixture.secondary.registry(of: fixture.kind.name)
    let failing = try await fixture.created("failing")
    try fixture.move(fixture.source(failing), to: fixture.source(failing) + "-aside")
    _ = try await fixture.secondary.sync(failing, fixture.kind.name)
    fixture.clock.advance(by: .seconds(120))
    let fresh = try await fixture.created("fresh")
    let due = try await registry.dueForSync(at: fixture.clock.now, limit: 10).map(\.replicableID)
    findings.expect(
      due == [fresh, failing], "does not offer pending entries first, then failed ones that are due: \(due)")
    let numbers = try await [fixture.entry(failing)?.id ?? 0, fixture.entry(fresh)?.id ?? 0]
    findings.expect(numbers[0] > 0 && numbers[0] < numbers[1], "gives entries no growing numbers: \(numbers)")
  }

  static func consistency(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let known = try await fixture.replicated("known")
    let quiet = try ReplicableID("quiet")
    try fixture.sample.create(at: fixture.source(quiet))
    let differences = try await fixture.secondary.findRegistryDifferences(fixture.kind.name)
    findings.expect(differences.untracked == [quiet], "does not find what is untracked: \(differences.untracked)")
    let report = try await fixture.secondary.reconcile(fixture.kind.name)
    findings.expect(report.inserted == 1, "inserts \(report.inserted) entries for one untracked replicable")
    try await fixture.secondary.work()
    findings.expect(
      try fixture.look(fixture.copy(quiet)) == fixture.look(fixture.source(quiet)),
      "does not copy what a consistency pass found")
    try fixture.remove(fixture.source(known))
    let second = try await fixture.secondary.reconcile(fixture.kind.name)
    findings.expect(second.removed == 1, "removes \(second.removed) entries for one that is gone")
    findings.expect(try await fixture.entry(known) == nil, "keeps the entry of what is gone")
  }

  static func restart(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.created("interrupted")
    fixture.hooks.duringNextSync {
      // What a process finds that starts while this entry is marked as started.
      try await fixture.secondary.recover()
      findings.expect(
        try await fixture.entry(id)?.state == .pending, "leaves an entry 'started' after the process was started anew")
    }
    _ = try await fixture.secondary.sync(id, fixture.kind.name)
    try await fixture.secondary.work()
    findings.expect(try await fixture.entry(id)?.state == .synced, "does not sync what a dead process had begun")
  }

  static func feature(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    try await fixture.secondary.setEnabled(false, fixture.kind.name)
    let id = try await fixture.created("unseen")
    findings.expect(try await fixture.entry(id) == nil, "consumes events while its feature is off")
    try await fixture.secondary.setEnabled(true, fixture.kind.name)
    findings.expect(
      try await fixture.entry(id) != nil, "does not find what happened while its feature was off")
  }
}
