import Foundation
import Mirroring
import TestSupport
import Testing

@Suite("A connection that ends too early", .timeLimit(.minutes(10))) struct FaultsCutTests {
  private static let transports: [SourceTransport] = [.httpVersion2, .httpVersion0]

  @Test("a cut after any packet leaves the copy as it was, and the run after it succeeds", arguments: transports)
  func everyPacket(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      try harness.smallSource()
      let proxy = try Self.proxy(before: harness)
      defer { proxy.proxy.stop() }
      var cuts = 0
      while true {
        let script: [FaultStep] = [.passPackets(cuts), .cut]
        proxy.proxy.follow([], otherwise: script)
        let before = try DestinationSnapshot(below: harness.directory.path("copies"))
        let outcome = try harness.attempt(source: proxy.url)
        if outcome.status == .cloned { break }
        try harness.expectFailure(outcome, "connection_lost")
        let after = try DestinationSnapshot(below: harness.directory.path("copies"))
        #expect(after.differences(from: before) == [], "after \(cuts) packets")
        cuts += 1
        try #require(cuts < 100)
      }
      #expect(cuts > 5, "the listing and the pack have more packets than that")
      try harness.expectSound()
    }
  }

  @Test("a cut or a reset at any byte leaves the copy as it was", arguments: transports, [false, true])
  func everyByte(transport: SourceTransport, isReset: Bool) async throws {
    try await MirrorHarness.run(transport, configuration: MirrorHarness.impatient()) { harness in
      let source = try harness.smallSource()
      let proxy = try Self.proxy(before: harness)
      defer { proxy.proxy.stop() }
      try harness.makeCopy(claimingToBeOf: proxy.url)
      try source.change { builder in
        let commit = builder.commit(["new": .random(20_000, seed: 7)], parents: [.oid(try source.oid("main"))])
        builder.branch("main", at: commit)
        builder.branch("new", at: commit)
        builder.deleteRef("refs/heads/side")
      }
      var (position, runs) = (0, 0)
      while true {
        let script: [FaultStep] = [.passBytes(position), isReset ? .reset : .cut]
        proxy.proxy.follow([], otherwise: script)
        let before = try DestinationSnapshot(below: harness.directory.path("copies"))
        let outcome = try harness.attempt(source: proxy.url)
        if outcome.status == .updated { break }
        let code = outcome.error?.code.rawValue ?? ""
        // A head that is cut in the middle is a lost connection or no HTTP, as the parser sees it.
        #expect(["connection_lost", "protocol_error"].contains(code), "after \(position) bytes: \(code)")
        let after = try DestinationSnapshot(below: harness.directory.path("copies"))
        #expect(after.differences(from: before) == [], "after \(position) bytes")
        runs += 1
        position += position < 1_500 ? 67 : 1_553
        try #require(position < 200_000)
      }
      #expect(runs > 20)
      try harness.expectSound()
      #expect(try GitCommand().refs(harness.copyPath) == GitCommand().refs(harness.sourcePath))
    }
  }

  /// Returns a proxy before the harness's server, and the URL of the source through it.
  private static func proxy(before harness: MirrorHarness) throws -> (proxy: FaultProxy, url: String) {
    let direct = harness.url(of: harness.sourcePath)
    let port = try #require(URL(string: direct)?.port.flatMap { UInt16(exactly: $0) })
    let proxy = try FaultProxy(to: port)
    return (proxy, direct.replacing(":\(port)/", with: ":\(proxy.port)/"))
  }
}
