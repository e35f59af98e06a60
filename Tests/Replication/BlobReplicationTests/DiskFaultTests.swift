import BlobReplication
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

@Suite("Files and a disk that fails", .timeLimit(.minutes(20)))
struct DiskFaultTests {
  /// All codes of the everyday with `REMORA_LONG_TESTS=1`; of these two, one strikes reads too.
  private static let codes: [Errno] =
    ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1" ? FaultPlan.usualCodes : [.noSpace, .ioError]

  @Test(
    "when any one call fails, or all from it on, nothing is lost, and the next try heals",
    arguments: DurabilityScenario.allCases)
  func everyCall(_ scenario: DurabilityScenario) async throws {
    let fixture = try BlobFixture()
    let source = try fixture.source(DurabilityScenario.new)
    let tried = try await OwnThread.run {
      let experiment = PowerLossExperiment(
        prepare: { try scenario.prepare($0) }, act: { try scenario.act($0, source: source) }, check: { _ in })
      return try experiment.failEachCall(codes: Self.codes) { plan, root, error in
        if let error, !(error is StrategyError || error is FileError) { throw error }
        do {
          try scenario.check(root, isDone: error == nil, source: source)
        } catch {
          throw TestSupportError("\(plan): \(error)")
        }
      }
    }
    print("faults, \(scenario.rawValue): \(tried)")
    #expect(tried > 40)
  }

  @Test(
    "a full disk keeps the old file and is reported as the site's failure",
    .enabled(if: SmallDisk.isPossible, "only root may mount"),
    arguments: ["length known", "in chunks", "reserve", "local"])
  func full(how: String) async throws {
    let fixture = try BlobFixture()
    let disk = try SmallDisk(at: fixture.root.string, bytes: 2 << 20)
    defer { disk.unmount() }
    try fixture.put([1, 2, 3], at: "file")
    let content = BlobFixture.content(how == "reserve" ? 1 << 20 : 4 << 20)
    let server = try ScriptedHTTPServer { _ in
      ScriptedAnswer(
        200, headers: [("ETag", "\"v\"")], parts: [.bytes(content)], framing: how == "in chunks" ? .chunked : .length)
    }
    var limits = BlobFixture.limits()
    if how == "reserve" { limits.freeBytesToKeep = 1 << 20 }
    let source =
      how == "local" ? try fixture.source(content) : SourceAddress(location: server.url("/f"))
    let request = SyncRequest(id: try ReplicableID("file"), source: source, expected: BlobFixture.checksum(content))
    let strategy = fixture.strategy(limits: limits)
    let error = try await strategyError { _ = try await strategy.sync(request) }
    #expect(error.code == .diskFull && error.disposition == .host, "\(error)")
    #expect(try fixture.bytes("file") == [1, 2, 3])
    #expect(try fixture.names() == ["file"], "what was written is given back")
  }

  @Test("a read-only disk is reported as the site's failure", .enabled(if: SmallDisk.isPossible, "only root may mount"))
  func readOnly() async throws {
    let fixture = try BlobFixture()
    let disk = try SmallDisk(at: fixture.root.string, bytes: 2 << 20)
    defer { disk.unmount() }
    try fixture.put([1], at: "file")
    try disk.makeReadOnly()
    let strategy = fixture.strategy(isMutable: true)
    let request = SyncRequest(id: try ReplicableID("file"), source: try fixture.source([2]))
    let errors = [
      try await strategyError { _ = try await strategy.sync(request) },
      try await strategyError { _ = try await strategy.discard(request.id, entry: nil, at: BlobFixture.now) },
    ]
    #expect(errors.allSatisfy { $0.code == .fileSystem && $0.disposition == .host }, "\(errors)")
    #expect(try fixture.bytes("file") == [1])
  }
}
