import Agent
import AgentAPI
import Replication
import Testing

@Suite("Health and readiness of a site")
struct SiteHealthTests {
  private static let now = Timestamp(milliseconds: 1_790_000_000_000)

  /// One line of the table: what is wrong, and what follows from it.
  struct Line: Sendable, CustomTestStringConvertible {
    let name: String
    var isHealthy = true
    var isReady = true
    /// Words that a problem has.
    var problem: String?
    let change: @Sendable (inout StatusRow) -> Void

    var testDescription: String { name }
  }

  private static func ago(_ seconds: Int) -> String { "\(now - .seconds(seconds))" }

  /// Returns a secondary with nothing wrong.
  private static func secondary() -> StatusRow {
    var status = StatusRow(site: "copy", role: .secondary, version: "0", startedAt: ago(10_000))
    for name in ["project_repository", "release_asset"] {
      var kind = StatusRow.KindRow(name: name, plural: name + "s", isEnabled: true)
      (kind.count, kind.states, kind.verificationStates) = (3, ["synced": 3], ["succeeded": 3])
      (kind.comparedAt, kind.isCatalogComplete) = (ago(30), true)
      status.kinds.append(kind)
    }
    status.primary = .init(url: "https://host", isReachable: true, lastContactAt: ago(20), pausedBy: nil)
    return status
  }

  private static func primary() -> StatusRow {
    var status = StatusRow(site: "host", role: .primary, version: "0", startedAt: ago(10_000))
    var kind = StatusRow.KindRow(name: "project_repository", plural: "project_repositories", isEnabled: true)
    (kind.count, kind.verificationStates, kind.isCatalogComplete) = (3, ["succeeded": 3], true)
    status.kinds = [kind]
    return status
  }

  static let secondaryLines: [Line] = [
    Line(name: "nothing is wrong") { _ in },
    Line(name: "never compared since the start", isHealthy: false, isReady: false, problem: "was not compared") {
      $0.kinds[1].comparedAt = nil
    },
    Line(name: "never compared, switched off", isHealthy: false, problem: "is off") {
      ($0.kinds[1].comparedAt, $0.kinds[1].isEnabled) = (nil, false)
    },
    Line(name: "every kind switched off", isHealthy: false, isReady: false, problem: "is off") {
      for index in $0.kinds.indices { $0.kinds[index].isEnabled = false }
    },
    Line(name: "unknown to the primary", isHealthy: false, isReady: false, problem: "the primary has no kind") {
      ($0.kinds[1].comparedAt, $0.kinds[1].isUnknownToPrimary) = (nil, true)
    },
    Line(name: "off on the primary", isHealthy: false, problem: "off on the primary") {
      $0.kinds[0].isOffOnPrimary = true
    },
    Line(name: "a rename that cannot be followed for long", isHealthy: false, problem: "something is there") {
      ($0.kinds[0].postponedCount, $0.kinds[0].postponed) = (1, ["rename 'a' to 'b': something is there"])
      $0.kinds[0].postponedSince = ago(90)
    },
    Line(name: "a rename that cannot be followed yet") {
      ($0.kinds[0].postponedCount, $0.kinds[0].postponedSince) = (1, ago(20))
    },
    Line(name: "compared long ago", isHealthy: false, problem: "last compared") { $0.kinds[0].comparedAt = ago(400) },
    Line(name: "compared a little late") { $0.kinds[0].comparedAt = ago(200) },
    Line(name: "a change waits for longer than ready.lag", isHealthy: false, isReady: false, problem: "behind") {
      $0.oldestUnsynced = .init(replicableName: "project_repository", id: "a", seconds: 901, reason: "pending")
    },
    Line(name: "a change waits, not for long") {
      $0.oldestUnsynced = .init(replicableName: "project_repository", id: "a", seconds: 899, reason: "pending")
    },
    Line(name: "the primary is silent", isHealthy: false, isReady: false, problem: "has not answered") {
      $0.primary = .init(url: "https://host", isReachable: false, lastContactAt: ago(901), pausedBy: nil)
    },
    Line(name: "the primary never answered", isHealthy: false, isReady: false, problem: "has not answered") {
      $0.primary = .init(url: "https://host", isReachable: false, lastContactAt: nil, pausedBy: nil)
    },
    Line(name: "removals wait", isHealthy: false, problem: "remora registry confirm-removals --kind project_repository")
    {
      $0.kinds[0].removalsWaiting = ["a"]
    },
    Line(name: "copies differ", isHealthy: false, problem: "--verification-state failed") {
      $0.kinds[0].mismatched = 1
    },
    Line(name: "copies are damaged", isHealthy: false, problem: "damaged") { $0.kinds[0].damaged = 1 },
    Line(name: "syncs fail", isHealthy: false, problem: "--state failed") { $0.kinds[0].states = ["failed": 1] },
    Line(name: "verifications fail", isHealthy: false, problem: "cannot be verified") {
      $0.kinds[0].verificationStates = ["failed": 1]
    },
    Line(name: "excluded on the primary is a choice") { $0.kinds[0].notReplicated = ["excluded": 2] },
    Line(name: "broken on the primary", isHealthy: false, problem: "broken on the primary") {
      $0.kinds[0].notReplicated = ["broken": 2]
    },
    Line(name: "the listing is not complete", isHealthy: false, problem: "not complete") {
      $0.kinds[0].isCatalogComplete = false
    },
    Line(name: "nothing on either side") {
      ($0.kinds[0].isCatalogComplete, $0.kinds[0].count, $0.kinds[0].states) = (true, 0, [:])
    },
  ]

  static let primaryLines: [Line] = [
    Line(name: "nothing is wrong") { _ in },
    Line(name: "replaced", isReady: false) { $0.fencedBy = "copy" },
    Line(name: "repositories that broke", isHealthy: false, problem: "remora explain --kind project_repository r1") {
      $0.kinds[0].notReplicated = ["broken": 2]
      $0.kinds[0].notReplicatedExamples = [.init(id: "r1", reason: .known(.broken), message: "it has no HEAD")]
    },
    Line(name: "repositories that never were whole", isHealthy: false, problem: "look like broken repositories") {
      $0.kinds[0].neverServed = ["x.git: it has no HEAD"]
    },
    Line(name: "excluded ones are a choice") { $0.kinds[0].notReplicated = ["excluded": 1] },
    Line(name: "cannot be scanned", isHealthy: false, problem: "cannot be scanned") { $0.kinds[0].scanFailure = "EIO" },
    Line(name: "switched off", isHealthy: false, problem: "nothing of it is published") {
      $0.kinds[0].isEnabled = false
    },
    Line(name: "checksums fail", isHealthy: false, problem: "have no checksum") {
      $0.kinds[0].verificationStates = ["failed": 1]
    },
    Line(name: "incomplete listing", isHealthy: false, problem: "is not complete") {
      $0.kinds[0].isCatalogComplete = false
    },
    Line(name: "empty from the first day") { ($0.kinds[0].isCatalogComplete, $0.kinds[0].count) = (false, 0) },
  ]

  @Test("of a secondary", arguments: secondaryLines)
  func secondary(line: Line) { judge(Self.secondary(), line) }

  @Test("of a primary", arguments: primaryLines)
  func primary(line: Line) { judge(Self.primary(), line) }

  private func judge(_ status: StatusRow, _ line: Line) {
    var status = status
    line.change(&status)
    let health = SiteHealth(of: status, at: Self.now)
    #expect(health.problems.isEmpty == line.isHealthy, "\(health.problems)")
    #expect(health.obstacles.isEmpty == line.isReady, "\(health.obstacles)")
    if let problem = line.problem { #expect(health.problems.contains { $0.contains(problem) }, "\(health.problems)") }
  }

  @Test("a long poll that has not come back yet is no silence, whatever ready.lag is")
  func longPoll() {
    var status = Self.secondary()
    let settings = SiteHealth.Settings(lag: .seconds(5))
    status.primary = .init(url: "https://host", isReachable: true, lastContactAt: Self.ago(28), pausedBy: nil)
    #expect(SiteHealth(of: status, at: Self.now, settings).obstacles.isEmpty)
    status.primary = .init(url: "https://host", isReachable: false, lastContactAt: Self.ago(28), pausedBy: nil)
    #expect(!SiteHealth(of: status, at: Self.now, settings).obstacles.isEmpty)
  }

  @Test("the lag that counts is a setting")
  func lag() {
    var status = Self.secondary()
    status.oldestUnsynced = .init(replicableName: "a", id: "x", seconds: 20, reason: "pending")
    #expect(SiteHealth(of: status, at: Self.now, .init(lag: .seconds(30))).obstacles.isEmpty)
    #expect(!SiteHealth(of: status, at: Self.now, .init(lag: .seconds(10))).obstacles.isEmpty)
  }
}
