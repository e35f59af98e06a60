internal import Remora

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
