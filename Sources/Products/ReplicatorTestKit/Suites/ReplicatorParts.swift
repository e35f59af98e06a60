internal import Remora

/// What holds for every replicator, whatever its data type.
enum ReplicatorParts {
  static let all = [
    Suite.Part("created", created), Suite.Part("updated", updated), Suite.Part("generation", generation),
    Suite.Part("verification", verification), Suite.Part("disk", disk), Suite.Part("back-off", backOff),
    Suite.Part("deleted", deleted), Suite.Part("undeclared event", undeclared), Suite.Part("idempotence", idempotence),
  ]

  static func created(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let before = try await fixture.primary.events(after: nil, limit: 1_000, wait: .zero)
    let id = try await fixture.created("first")
    let batch = try await fixture.primary.events(after: before.cursor, limit: 1_000, wait: .zero)
    let event = batch.events.first { $0.name == .created && $0.payload.modelRecordID == id }
    findings.expect(event != nil, "loses an event: no 'created' in the log after handleAfterCreate")
    findings.expect(event?.payload.incarnation != nil, "publishes 'created' without an incarnation")
    let entry = try await fixture.entry(id)
    findings.expect(entry?.state == .pending, "does not track what was created: its entry is not pending")
    try await fixture.secondary.work()
    let copy = try fixture.look(fixture.copy(id))
    findings.expect(copy != nil, "makes no copy of what was created")
    findings.expect(try copy == fixture.look(fixture.source(id)), "makes a copy that is not equal to its source")
    findings.expect(try await fixture.entry(id)?.state == .synced, "does not become synced")
  }

  static func updated(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    guard fixture.kind.isMutable else { return }
    let id = try await fixture.replicated("changing")
    let before = try await fixture.primary.position()
    try await fixture.update(id)
    let batch = try await fixture.primary.events(after: before, limit: 1_000, wait: .zero)
    findings.expect(
      batch.events.contains { $0.payload.modelRecordID == id && $0.name == .updated },
      "loses an event: nothing in the log after the content changed")
    try await fixture.secondary.consumeEvents()
    try await fixture.secondary.work()
    findings.expect(
      try fixture.look(fixture.copy(id)) == fixture.look(fixture.source(id)),
      "loses an event: the copy does not follow an update")
  }

  static func generation(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    guard fixture.kind.isMutable else { return }
    let id = try await fixture.created("moving")
    fixture.hooks.duringNextSync {
      // Announced after the sync has listed: what it copied is older than this.
      try await fixture.update(id)
      try await fixture.secondary.consumeEvents()
    }
    _ = try await fixture.secondary.sync(id, fixture.kind.name)
    let entry = try await fixture.entry(id)
    let isCurrent = try fixture.look(fixture.copy(id)) == fixture.look(fixture.source(id))
    findings.expect(
      isCurrent || entry?.state == .pending,
      "claims a generation early: 'synced' although an update came while the sync ran")
    if let wanted = entry?.wanted, let held = entry?.held, !isCurrent {
      findings.expect(!held.covers(wanted), "claims a generation early: holds what was announced after its listing")
    }
    try await fixture.secondary.work()
    findings.expect(
      try fixture.look(fixture.copy(id)) == fixture.look(fixture.source(id)),
      "forgets an update that came while a sync ran")
  }

  static func verification(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.created("verified")
    try await fixture.secondary.work()
    guard let entry = try await fixture.entry(id) else { return findings.add("does not track what was created") }
    findings.expect(
      entry.verificationState == .succeeded, "skips verification: '\(entry.verificationState.rawValue)' after a sync")
    let digest = try await fixture.primary.strategy(of: fixture.kind.name).listing(of: id).checksum
    findings.expect(
      entry.verificationChecksum != nil && entry.verificationChecksum == digest,
      "skips verification: the recorded checksum is not that of the content")
    findings.expect(entry.verifiedAt != nil, "skips verification: no time of a verification is recorded")
  }

  static func disk(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.replicated("damaged")
    try fixture.sample.tamper(at: fixture.copy(id))
    // Syncs are off, so that nothing mends the copy before it is compared.
    fixture.hooks.isIdle = true
    try await fixture.secondary.reverify(id, fixture.kind.name)
    let result = try await fixture.secondary.verify(id, fixture.kind.name)
    let entry = try await fixture.entry(id)
    findings.expect(
      entry?.verificationState == .failed,
      "checksums the advertisement instead of the disk: a damaged copy was verified (\(result))")
    findings.expect(entry?.checksumMismatch == true, "does not record that the checksums differ")
    findings.expect(
      try await !fixture.secondary.differences(of: id, fixture.kind.name).isEmpty, "does not keep what differs")
    fixture.hooks.isIdle = false
    fixture.clock.advance(by: .seconds(3 * 3_600))
    try await fixture.secondary.work()
    findings.expect(
      try fixture.look(fixture.copy(id)) == fixture.look(fixture.source(id)), "does not mend a damaged copy")
    findings.expect(
      try await fixture.entry(id)?.verificationState == .succeeded, "does not verify a copy that was mended")
  }

  static func backOff(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.created("unreachable")
    try fixture.move(fixture.source(id), to: fixture.source(id) + "-aside")
    var last = Duration.zero
    for attempt in 1...3 {
      _ = try await fixture.secondary.sync(id, fixture.kind.name)
      guard let entry = try await fixture.entry(id) else { return findings.add("forgets what it could not sync") }
      let wait = entry.retryAt.map { $0 - fixture.clock.now } ?? .zero
      findings.expect(entry.state == .failed, "calls '\(entry.state.rawValue)' what could not be synced")
      findings.expect(entry.lastSyncFailure != nil, "does not say why a sync failed")
      findings.expect(
        entry.retryCount == attempt, "counts \(entry.retryCount) failures after \(attempt): retries without back-off")
      findings.expect(
        wait >= .seconds(15) && (wait > last || attempt == 2),
        "retries without back-off: due again in \(wait) after failure \(attempt)")
      let due = try await fixture.secondary.registry(of: fixture.kind.name).dueForSync(at: fixture.clock.now, limit: 10)
      findings.expect(!due.contains { $0.replicableID == id }, "retries without back-off: due again at once")
      last = wait
      fixture.clock.advance(by: wait)
    }
    try fixture.move(fixture.source(id) + "-aside", to: fixture.source(id))
    try await fixture.secondary.work()
    let entry = try await fixture.entry(id)
    findings.expect(entry?.state == .synced, "does not sync what can be reached again")
    findings.expect(entry?.retryCount == 0 && entry?.retryAt == nil, "keeps its failures after a success")
  }

  static func deleted(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.replicated("doomed")
    // Others, so that this removal is not all of the kind.
    for name in ["kept-1", "kept-2", "kept-3", "kept-4"] { _ = try await fixture.replicated(name) }
    try await fixture.kind.announce(.deleted, id, fixture.primary)
    try await fixture.secondary.consumeEvents()
    findings.expect(
      try fixture.look(fixture.copy(id)) != nil, "destroys a copy whose source exists, because an event said so")
    let content = try fixture.look(fixture.copy(id))
    try fixture.remove(fixture.source(id))
    try await fixture.kind.announce(.deleted, id, fixture.primary)
    try await fixture.secondary.consumeEvents()
    findings.expect(try fixture.look(fixture.copy(id)) == nil, "keeps a copy whose source is gone")
    findings.expect(try await fixture.entry(id) == nil, "keeps the entry of what is gone")
    let ticket = try await fixture.secondary.trash(fixture.kind.name).first { $0.replicableID == id }
    guard let ticket else { return findings.add("destroys without trash: nothing can be restored") }
    try await fixture.secondary.restore(ticket, fixture.kind.name)
    findings.expect(
      try fixture.look(fixture.copy(id)) == content, "destroys without trash: what is restored is not what was there")
  }

  static func undeclared(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.created("declared")
    do {
      try await fixture.primary.publish(EventName(rawValue: "renovated"), of: id, fixture.kind.name)
      findings.add("publishes an event that it does not declare")
    } catch is ReplicationError {
      // As it should be.
    }
  }

  static func idempotence(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.replicated("twice")
    let before = try await fixture.entry(id)
    let batch = try await fixture.primary.events(after: nil, limit: 10, wait: .zero)
    for event in batch.events where event.payload.modelRecordID == id && event.name != .deleted {
      try await fixture.secondary.apply(event)
    }
    try await fixture.secondary.work()
    let after = try await fixture.entry(id)
    findings.expect(
      after?.state == .synced && after?.verificationState == before?.verificationState,
      "loses its state when an old event comes again")
  }
}

/// What holds for files in addition.
enum BlobParts {
  static let all = [Suite.Part("whole files", whole)]

  static func whole(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.created("partial")
    try await fixture.primary.checksumDue()
    try await fixture.secondary.consumeEvents()
    // The bytes are no longer those that the primary vouched for, and no event says so.
    try fixture.sample.tamper(at: fixture.source(id))
    let result = try await fixture.secondary.sync(id, fixture.kind.name)
    findings.expect(
      try fixture.look(fixture.copy(id)) == nil, "publishes a partial blob: bytes that the primary did not vouch for")
    findings.expect(
      try await fixture.entry(id)?.state == .failed, "calls a file synced whose digest is wrong (\(result))")
  }
}

/// What holds for repositories in addition.
enum RepositoryParts {
  static let all = [Suite.Part("HEAD", head), Suite.Part("pools", pools)]

  static func head(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    guard let sample = fixture.sample as? RepositorySample else { return }
    let id = try await fixture.replicated("headed")
    try sample.changeHead(at: fixture.source(id))
    try await fixture.kind.announce(.updated, id, fixture.primary)
    try await fixture.secondary.consumeEvents()
    try await fixture.secondary.work()
    findings.expect(
      try fixture.look(fixture.copy(id)) == fixture.look(fixture.source(id)),
      "ignores HEAD: the copy's HEAD does not follow when nothing else changed")
    findings.expect(
      try await fixture.entry(id)?.verificationState == .succeeded, "does not verify a copy after HEAD changed")
  }

  static func pools(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.replicated("alone")
    findings.expect(
      try await !fixture.primary.strategy(of: fixture.kind.name).borrows(id),
      "says that a repository without alternates borrows objects")
    findings.expect(
      try await !fixture.secondary.strategy(of: fixture.kind.name).borrows(id), "makes copies that borrow objects")
  }
}
