import Remora
import ReplicatorTestKit
import Testing

/// The kit's own proof: each of eight faults makes a suite fail, with a message that names it.
@Suite("Wrong replicators")
struct WrongReplicatorTests {
  private func expect<R: Replicator>(_ fault: String, of type: R.Type) async throws {
    do {
      try await ReplicatorTestKit.allSuites(type)
      Issue.record("nothing was found wrong with \(type)")
    } catch let failure as ConformanceFailure {
      #expect(failure.findings.contains { $0.contains(fault) }, "\(failure)")
    }
  }

  @Test("an event that is lost") func losing() async throws {
    try await expect("loses an event", of: LosingReplicator.self)
  }

  @Test("a generation that is claimed early") func early() async throws {
    try await expect("claims a generation early", of: EarlyReplicator.self)
  }

  @Test("a verification that is skipped") func unchecked() async throws {
    try await expect("skips verification", of: UncheckedReplicator.self)
  }

  @Test("a HEAD that is ignored") func headless() async throws {
    try await expect("ignores HEAD", of: HeadlessReplicator.self)
  }

  @Test("a part of a file that is published") func partial() async throws {
    try await expect("publishes a partial blob", of: PartialReplicator.self)
  }

  @Test("a copy that is destroyed without trash") func careless() async throws {
    try await expect("destroys without trash", of: CarelessReplicator.self)
  }

  @Test("a retry without back-off") func impatient() async throws {
    try await expect("retries without back-off", of: ImpatientReplicator.self)
  }

  @Test("a checksum of the advertisement instead of the disk") func trusting() async throws {
    try await expect("checksums the advertisement instead of the disk", of: TrustingReplicator.self)
  }
}
