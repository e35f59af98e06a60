internal import Remora

/// "a verifiable registry": what holds for the registry of verifications.
enum VerifiableRegistryParts {
  static let all = [
    Suite.Part("states", states), Suite.Part("mismatch", mismatch), Suite.Part("reading", reading),
    Suite.Part("update", update),
  ]

  static func states(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.created("checked")
    findings.expect(
      try await fixture.entry(id)?.verificationState == .disabled, "offers to verify what was never synced")
    _ = try await fixture.secondary.sync(id, fixture.kind.name)
    findings.expect(
      try await fixture.entry(id)?.verificationState == .pending, "does not ask for a verification after a sync")
    findings.expect(
      try await fixture.secondary.needsVerificationCount(fixture.kind.name) == 1,
      "does not count what needs verification"
    )
    let result = try await fixture.secondary.verify(id, fixture.kind.name)
    let entry = try await fixture.entry(id)
    findings.expect(entry?.verificationState == .succeeded, "does not record a verification (\(result))")
    findings.expect(
      try await fixture.secondary.needsVerificationCount(fixture.kind.name) == 0, "counts what is verified")
    let old = try await fixture.secondary.registry(of: fixture.kind.name)
      .verified(before: fixture.clock.now + .seconds(1), limit: 10)
    findings.expect(old.map(\.replicableID) == [id], "does not find what was verified long ago")
  }

  static func mismatch(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.replicated("mismatched")
    try fixture.sample.tamper(at: fixture.copy(id))
    fixture.hooks.isIdle = true
    try await fixture.secondary.reverify(id, fixture.kind.name)
    _ = try await fixture.secondary.verify(id, fixture.kind.name)
    guard let entry = try await fixture.entry(id) else { return findings.add("forgets what does not match") }
    findings.expect(entry.verificationState == .failed, "does not fail a verification that found a difference")
    findings.expect(entry.checksumMismatch, "does not mark a mismatch")
    findings.expect(
      entry.verificationChecksum != nil && entry.verificationChecksumMismatched != nil
        && entry.verificationChecksum != entry.verificationChecksumMismatched,
      "does not keep both checksums of a mismatch")
    findings.expect(entry.state == .failed, "does not sync again what did not match")
    findings.expect(
      entry.retryAt.map { $0 > fixture.clock.now } ?? false, "tries again at once what did not match")
  }

  static func reading(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    let id = try await fixture.created("read")
    _ = try await fixture.secondary.sync(id, fixture.kind.name)
    let reading = try await fixture.primary.checksum(id, fixture.kind.name)
    findings.expect(reading != nil, "gives no reading on the primary")
    let events = try await fixture.primary.events(
      after: fixture.secondary.registry(of: fixture.kind.name).cursor(), limit: 10, wait: .zero)
    findings.expect(
      events.events.contains { $0.name == .checksumSucceeded && $0.payload.reading == reading },
      "publishes no 'checksum_succeeded'")
    let result = try await fixture.secondary.verify(id, fixture.kind.name)
    findings.expect(result == .succeeded(.reading), "does not rest on the primary's reading: \(result)")
  }

  static func update(_ fixture: ConformanceFixture, _ findings: Findings) async throws {
    guard fixture.kind.isMutable else { return }
    let id = try await fixture.replicated("restless")
    try await fixture.update(id)
    try await fixture.secondary.consumeEvents()
    findings.expect(
      try await fixture.entry(id)?.verificationState == .disabled, "is verified although an update waits")
    findings.expect(
      try await fixture.secondary.verify(id, fixture.kind.name) == .notDue, "verifies what is not synced")
  }
}
