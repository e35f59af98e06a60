internal import Remora

/// "a verifiable registry": what holds for the registry of verifications.
enum VerifiableRegistryParts {
  static let all = [
    Suite.Part("states", states), Suite.Part("mismatch", mismatch), Suite.Part("reading", reading),
    Suite.Part("update", update),
  ]

  static func states(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.created("checked")
    findings.expect(
      try await ground.entry(id)?.verificationState == .disabled, "offers to verify what was never synced")
    _ = try await ground.secondary.sync(id, ground.kind.name)
    findings.expect(
      try await ground.entry(id)?.verificationState == .pending, "does not ask for a verification after a sync")
    findings.expect(
      try await ground.secondary.needsVerificationCount(ground.kind.name) == 1, "does not count what needs verification"
    )
    let result = try await ground.secondary.verify(id, ground.kind.name)
    let entry = try await ground.entry(id)
    findings.expect(entry?.verificationState == .succeeded, "does not record a verification (\(result))")
    findings.expect(
      try await ground.secondary.needsVerificationCount(ground.kind.name) == 0, "counts what is verified")
    let old = try await ground.secondary.registry(of: ground.kind.name)
      .verified(before: ground.clock.now + .seconds(1), limit: 10)
    findings.expect(old.map(\.replicableID) == [id], "does not find what was verified long ago")
  }

  static func mismatch(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.replicated("mismatched")
    try ground.sample.tamper(at: ground.copy(id))
    ground.hooks.isIdle = true
    try await ground.secondary.reverify(id, ground.kind.name)
    _ = try await ground.secondary.verify(id, ground.kind.name)
    guard let entry = try await ground.entry(id) else { return findings.add("forgets what does not match") }
    findings.expect(entry.verificationState == .failed, "does not fail a verification that found a difference")
    findings.expect(entry.checksumMismatch, "does not mark a mismatch")
    findings.expect(
      entry.verificationChecksum != nil && entry.verificationChecksumMismatched != nil
        && entry.verificationChecksum != entry.verificationChecksumMismatched,
      "does not keep both checksums of a mismatch")
    findings.expect(entry.state == .failed, "does not sync again what did not match")
    findings.expect(
      entry.retryAt.map { $0 > ground.clock.now } ?? false, "tries again at once what did not match")
  }

  static func reading(_ ground: ConformanceGround, _ findings: Findings) async throws {
    let id = try await ground.created("read")
    _ = try await ground.secondary.sync(id, ground.kind.name)
    let reading = try await ground.primary.checksum(id, ground.kind.name)
    findings.expect(reading != nil, "gives no reading on the primary")
    let events = try await ground.primary.events(
      after: ground.secondary.registry(of: ground.kind.name).cursor(), limit: 10, wait: .zero)
    findings.expect(
      events.events.contains { $0.name == .checksumSucceeded && $0.payload.reading == reading },
      "publishes no 'checksum_succeeded'")
    let result = try await ground.secondary.verify(id, ground.kind.name)
    findings.expect(result == .succeeded(.reading), "does not rest on the primary's reading: \(result)")
  }

  static func update(_ ground: ConformanceGround, _ findings: Findings) async throws {
    guard ground.kind.isMutable else { return }
    let id = try await ground.replicated("restless")
    try await ground.update(id)
    try await ground.secondary.consumeEvents()
    findings.expect(
      try await ground.entry(id)?.verificationState == .disabled, "is verified although an update waits")
    findings.expect(
      try await ground.secondary.verify(id, ground.kind.name) == .notDue, "verifies what is not synced")
  }
}
