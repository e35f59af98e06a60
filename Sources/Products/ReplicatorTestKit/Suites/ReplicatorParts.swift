internal import Remora

/// What holds for every replicator, whatever its data type.
enum ReplicatorParts {
  static let all = [
    Suite.Part("created", created), Suite.Part("updated", updated), Suite.Part("generation", generation),
    Suite.Part("verification", verification), Suite.Part("disk", disk), Suite.Part("back-off", backOff),
    Suite.Part("deleted", deleted), Suite.Part("undeclared event", undeclared), Suite.Part("idempotence", idempotence),
  ]

  static func created(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let before = try await ground.primary.events(after: nil, limit: 1_000, wait: .zero)
    let id = try await ground.created("first")
    let batch = try await ground.primary.events(after: before.cursor, limit: 1_000, wait: .zero)
    let event = batch.events.first { $0.name == .created && $0.payload.modelRecordID == id }
    findings.expect(event != nil, "loses an event: no 'created' in the log after handleAfterCreate")
    findings.expect(event?.payload.incarnation != nil, "publishes 'created' without an incarnation")
    let entry = try await ground.entry(id)
    findings.expect(entry?.state == .pending, "does not track what was created: its entry is not pending")
    try await ground.secondary.work()
    let copy = try ground.look(ground.copy(id))
    findings.expect(copy != nil, "makes no copy of what was created")
    findings.expect(try copy == ground.look(ground.source(id)), "makes a copy that is not equal to its source")
    findings.expect(try await ground.entry(id)?.state == .synced, "does not become synced")
  }

  static func updated(_ ground: ConformanceGround, _ findings: Findings) async throws {
    guard ground.kind.isMutable else { return }
    let id = try await ground.replicated("changing")
    let before = try await ground.primary.position()
    try await ground.update(id)
    let batch = try await ground.primary.events(after: before, limit: 1_000, wait: .zero)
    findings.expect(
      batch.events.contains { $0.payload.modelRecordID == id && $0.name == .updated },
      "loses an event: nothing in the log after the content changed")
    try await ground.secondary.consumeEvents()
    try await ground.secondary.work()
    findings.expect(
      try ground.look(ground.copy(id)) == ground.look(ground.source(id)),
      "loses an event: the copy does not follow an update")
  }

  static func generation(_ ground: ConformanceGround, _ findings: Findings) async throws {
    guard ground.kind.isMutable else { return }
    let id = try await ground.created("moving")
    ground.hooks.duringNextSync {
      // Announced after the sync has listed: what it copied is older than this.
      try await ground.update(id)
      try await ground.secondary.consumeEvents()
    }
    _ = try await ground.secondary.sync(id, ground.kind.name)
    let entry = try await ground.entry(id)
    let isCurrent = try ground.look(ground.copy(id)) == ground.look(ground.source(id))
    findings.expect(
      isCurrent || entry?.state == .pending,
      "claims a generation early: 'synced' although an update came while the sync ran")
    if let wanted = entry?.wanted, let held = entry?.held, !isCurrent {
      findings.expect(!held.covers(wanted), "claims a generation early: holds what was announced after its listing")
    }
    try await ground.secondary.work()
    findings.expect(
      try ground.look(ground.copy(id)) == ground.look(ground.source(id)),
      "forgets an update that came while a sync ran")
  }

  static func verification(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.created("verified")
    try await ground.secondary.work()
    guard let entry = try await ground.entry(id) else { return findings.add("does not track what was created") }
    findings.expect(
      entry.verificationState == .succeeded, "skips verification: '\(entry.verificationState.rawValue)' after a sync")
    let digest = try await ground.primary.strategy(of: ground.kind.name).listing(of: id).checksum
    findings.expect(
      entry.verificationChecksum != nil && entry.verificationChecksum == digest,
      "skips verification: the recorded checksum is not that of the content")
    findings.expect(entry.verifiedAt != nil, "skips verification: no time of a verification is recorded")
  }

  static func disk(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.replicated("damaged")
    try ground.sample.tamper(at: ground.copy(id))
    // Syncs are off, so that nothing mends the copy before it is compared.
    ground.hooks.isIdle = true
    try await ground.secondary.reverify(id, ground.kind.name)
    let result = try await ground.secondary.verify(id, ground.kind.name)
    let entry = try await ground.entry(id)
    findings.expect(
      entry?.verificationState == .failed,
      "checksums the advertisement instead of the disk: a damaged copy was verified (\(result))")
    findings.expect(entry?.checksumMismatch == true, "does not record that the checksums differ")
    findings.expect(
      try await !ground.secondary.differences(of: id, ground.kind.name).isEmpty, "does not keep what differs")
    ground.hooks.isIdle = false
    ground.clock.advance(by: .seconds(3 * 3_600))
    try await ground.secondary.work()
    findings.expect(
      try ground.look(ground.copy(id)) == ground.look(ground.source(id)), "does not mend a damaged copy")
    findings.expect(
      try await ground.entry(id)?.verificationState == .succeeded, "does not verify a copy that was mended")
  }

  static func backOff(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.created("unreachable")
    try ground.move(ground.source(id), to: ground.source(id) + "-aside")
    var last = Duration.zero
    for attempt in 1...3 {
      _ = try await ground.secondary.sync(id, ground.kind.name)
      guard let entry = try await ground.entry(id) else { return findings.add("forgets what it could not sync") }
      let wait = entry.retryAt.map { $0 - ground.clock.now } ?? .zero
      findings.expect(entry.state == .failed, "calls '\(entry.state.rawValue)' what could not be synced")
      findings.expect(entry.lastSyncFailure != nil, "does not say why a sync failed")
      findings.expect(
        entry.retryCount == attempt, "counts \(entry.retryCount) failures after \(attempt): retries without back-off")
      findings.expect(
        wait >= .seconds(15) && (wait > last || attempt == 2),
        "retries without back-off: due again in \(wait) after failure \(attempt)")
      let due = try await ground.secondary.registry(of: ground.kind.name).dueForSync(at: ground.clock.now, limit: 10)
      findings.expect(!due.contains { $0.replicableID == id }, "retries without back-off: due again at once")
      last = wait
      ground.clock.advance(by: wait)
    }
    try ground.move(ground.source(id) + "-aside", to: ground.source(id))
    try await ground.secondary.work()
    let entry = try await ground.entry(id)
    findings.expect(entry?.state == .synced, "does not sync what can be reached again")
    findings.expect(entry?.retryCount == 0 && entry?.retryAt == nil, "keeps its failures after a success")
  }

  static func deleted(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.replicated("doomed")
    // Others, so that this removal is not all of the kind.
    for name in ["kept-1", "kept-2", "kept-3", "kept-4"] { _ = try await ground.replicated(name) }
    try await ground.kind.announce(.deleted, id, ground.primary)
    try await ground.secondary.consumeEvents()
    findings.expect(
      try ground.look(ground.copy(id)) != nil, "destroys a copy whose source exists, because an event said so")
    let content = try ground.look(ground.copy(id))
    try ground.remove(ground.source(id))
    try await ground.kind.announce(.deleted, id, ground.primary)
    try await ground.secondary.consumeEvents()
    findings.expect(try ground.look(ground.copy(id)) == nil, "keeps a copy whose source is gone")
    findings.expect(try await ground.entry(id) == nil, "keeps the entry of what is gone")
    let ticket = try await ground.secondary.trash(ground.kind.name).first { $0.replicableID == id }
    guard let ticket else { return findings.add("destroys without trash: nothing can be restored") }
    try await ground.secondary.restore(ticket, ground.kind.name)
    findings.expect(
      try ground.look(ground.copy(id)) == content, "destroys without trash: what is restored is not what was there")
  }

  static func undeclared(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.created("declared")
    do {
      try await ground.primary.publish(EventName(rawValue: "renovated"), of: id, ground.kind.name)
      findings.add("publishes an event that it does not declare")
    } catch is ReplicationError {
      // As it should be.
    }
  }

  static func idempotence(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.replicated("twice")
    let before = try await ground.entry(id)
    let batch = try await ground.primary.events(after: nil, limit: 10, wait: .zero)
    for event in batch.events where event.payload.modelRecordID == id && event.name != .deleted {
      try await ground.secondary.apply(event)
    }
    try await ground.secondary.work()
    let after = try await ground.entry(id)
    findings.expect(
      after?.state == .synced && after?.verificationState == before?.verificationState,
      "loses its state when an old event comes again")
  }
}

/// What holds for files in addition.
enum BlobParts {
  static let all = [Suite.Part("whole files", whole)]

  static func whole(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.created("partial")
    try await ground.primary.checksumDue()
    try await ground.secondary.consumeEvents()
    // The bytes are no longer those that the primary vouched for, and no event says so.
    try ground.sample.tamper(at: ground.source(id))
    let result = try await ground.secondary.sync(id, ground.kind.name)
    findings.expect(
      try ground.look(ground.copy(id)) == nil, "publishes a partial blob: bytes that the primary did not vouch for")
    findings.expect(
      try await ground.entry(id)?.state == .failed, "calls a file synced whose digest is wrong (\(result))")
  }
}

/// What holds for repositories in addition.
enum RepositoryParts {
  static let all = [Suite.Part("HEAD", head), Suite.Part("pools", pools)]

  static func head(_ ground: ConformanceGround, _ findings: Findings) async throws {
    guard let sample = ground.sample as? RepositorySample else { return }
    let id = try await ground.replicated("headed")
    try sample.changeHead(at: ground.source(id))
    try await ground.kind.announce(.updated, id, ground.primary)
    try await ground.secondary.consumeEvents()
    try await ground.secondary.work()
    findings.expect(
      try ground.look(ground.copy(id)) == ground.look(ground.source(id)),
      "ignores HEAD: the copy's HEAD does not follow when nothing else changed")
    findings.expect(
      try await ground.entry(id)?.verificationState == .succeeded, "does not verify a copy after HEAD changed")
  }

  static func pools(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.replicated("alone")
    findings.expect(
      try await !ground.primary.strategy(of: ground.kind.name).borrows(id),
      "says that a repository without alternates borrows objects")
    findings.expect(
      try await !ground.secondary.strategy(of: ground.kind.name).borrows(id), "makes copies that borrow objects")
  }
}
