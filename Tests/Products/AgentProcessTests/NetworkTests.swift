import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// Two agents on two hosts with a bad network between them: what comes to a halt says so, and goes on by itself.
@Suite(
  .serialized,
  .enabled(if: TwoHosts.isPossible, "network namespaces and TUN devices take root and a system that lets it"))
struct NetworkTests {
  private static let isLong = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1"

  /// Returns a pair with a few repositories, each with a thousand commits' worth of nothing: small, and of several
  /// packets.
  private static func pair(_ directory: TemporaryDirectory, _ hosts: TwoHosts, count: Int) throws -> (
    AgentPairFixture, [String]
  ) {
    var settings = AgentPairFixture.Settings()
    settings.primaryRunner = hosts.first
    settings.secondaryRunner = hosts.second
    settings.address = hosts.address
    let fixture = try AgentPairFixture(directory, settings: settings)
    let template = directory.path("template.git")
    var builder = RepositoryBuilder()
    var last = builder.commit(["a": "one"])
    builder.ref("refs/heads/old", at: last)
    for number in 0..<50 { last = builder.commit(["a": FileContent("\(number)")], parents: [last]) }
    builder.ref("refs/heads/main", at: last)
    _ = try builder.build(at: template)
    let ids = (0..<count).map { "r\($0)" }
    for id in ids { try FileManager.default.copyItem(atPath: template, toPath: fixture.source(id)) }
    return (fixture, ids)
  }

  /// Pushes a new commit on a branch of its own, and announces it, on the primary's host.
  private static func push(_ id: String, _ number: Int, _ fixture: AgentPairFixture, _ pair: AgentPairClient)
    async throws
  {
    let source = GitCommand(in: fixture.source(id))
    let commit = try await source.run("commit-tree", "-m", "push \(number)", "main^{tree}").text
    try await source.run("update-ref", "refs/heads/branch\(number)", commit)
    try await pair.primary.post(
      AgentRoute.events, EventNotice(event: .known(.push), replicableName: AgentPairClient.kind, id: id))
  }

  private static func expectEqual(_ ids: [String], _ fixture: AgentPairFixture) throws {
    for id in ids {
      let views = (try GitCommand().view(fixture.copy(id)), try GitCommand().view(fixture.source(id)))
      #expect(views.0 == views.1, "\(id)")
    }
  }

  @Test func `a network that is cut is told, and caught up with when it is back`() async throws {
    try await withTemporaryDirectory("cut") { directory in
      let hosts = try TwoHosts()
      let (fixture, ids) = try Self.pair(directory, hosts, count: 20)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 20)
        // In the middle of a long poll, and of the syncs of what is pushed now.
        for id in ids.prefix(10) { try await Self.push(id, 1, fixture, pair) }
        hosts.set(Weather(isCut: true))
        for id in ids { try await Self.push(id, 2, fixture, pair) }
        if Self.isLong { try await Task.sleep(for: .seconds(60)) }
        try await pair.until("the secondary says that it cannot reach the primary", within: .seconds(150)) {
          let status = try await pair.status(of: \.secondary)
          return !status.isHealthy && status.primary?.isReachable == false
            && status.problems.contains { $0.contains("the primary does not answer") && $0.contains(hosts.address) }
        }
        let status = try await fixture.remora(["status"], at: fixture.secondaryConfiguration)
        #expect(status.status == 1 && status.text.contains("the primary does not answer"))
        hosts.set(.fine)
        let back = ContinuousClock.now
        try await pair.untilSettled(count: 20)
        print("caught up \(ContinuousClock.now - back) after the network was back")
        let entries = try await Self.entries(of: pair)
        #expect(
          entries.allSatisfy { $0.retryCount == 0 && $0.verificationRetryCount == 0 }, "it was the host's failure")
      }
      try Self.expectEqual(ids, fixture)
      withExtendedLifetime(agents) {}
    }
  }

  private static func entries(of pair: AgentPairClient) async throws -> [RegistryRow] {
    try await pair.secondary.get(
      AgentRoute.path(AgentRoute.registry(AgentPairClient.kind), [("limit", "1000")]), as: RegistryPage.self
    ).entries ?? []
  }

  @Test(arguments: [
    ("300 ms each way", Weather(delay: .milliseconds(300)), 10),
    ("5 % of packets lost", Weather(lostPercent: 5), 50),
    ("connections that are reset", Weather(resetPercent: 5), 50),
  ])
  func `a bad network slows down and breaks nothing`(name: String, weather: Weather, pushes: Int) async throws {
    try await withTemporaryDirectory("weather") { directory in
      let hosts = try TwoHosts()
      let (fixture, ids) = try Self.pair(directory, hosts, count: 10)
      hosts.set(weather)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        for number in 0..<pushes { try await Self.push(ids[number % ids.count], number, fixture, pair) }
        try await pair.untilSettled(count: 10, within: .seconds(240)) { status in
          for kind in status.kinds { #expect(kind.mismatched == 0, "a false mismatch") }
        }
      }
      try Self.expectEqual(ids, fixture)
      let traffic = hosts.traffic
      print("\(name): \(traffic.passed) packets, \(traffic.lost) lost, \(traffic.resets) resets")
      #expect(weather.lostPercent == 0 || traffic.lost > 0)
      #expect(weather.resetPercent == 0 || traffic.resets > 0)
      withExtendedLifetime(agents) {}
    }
  }

  @Test func `when a primary returns there is no herd, and everything is caught up with`() async throws {
    try await withTemporaryDirectory("herd") { directory in
      let hosts = try TwoHosts()
      let count = Self.isLong ? 1_000 : 200
      let (fixture, ids) = try Self.pair(directory, hosts, count: count)
      let first = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: count, within: .seconds(300))
        first.kill()
        _ = try await first.outcome()
        for id in ids {
          let oid = try await GitCommand(in: fixture.source(id)).run("rev-parse", "refs/heads/old").text
          try directory.write(oid + "\n", to: "sources/\(id).git/refs/heads/main")
        }
        if Self.isLong { try await Task.sleep(for: .seconds(600)) }
        try await pair.until("the secondary says that the primary is away") {
          try await pair.status(of: \.secondary).primary?.isReachable == false
        }
      }
      let again = try fixture.startPrimary()
      let back = ContinuousClock.now
      try await fixture.asking { pair in
        var most: [String: Int] = [:]
        try await pair.untilSettled(count: count, within: .seconds(300)) { status in
          for (purpose, jobs) in Dictionary(grouping: status.jobs, by: \.purpose.text) {
            most[purpose] = max(most[purpose] ?? 0, jobs.count)
          }
        }
        let limits = ["sync": 4, "verification": 2, "housekeeping": 1, "check": 1]
        #expect(most.allSatisfy { $1 <= limits[$0] ?? 0 }, "no more than may run at once")
        print(
          "\(count) caught up \(ContinuousClock.now - back) after the primary was back; at most \(most) jobs at once")
      }
      try Self.expectEqual(ids, fixture)
      withExtendedLifetime((again, secondary)) {}
    }
  }
}
