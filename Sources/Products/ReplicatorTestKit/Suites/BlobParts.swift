internal import Remora

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
