import AgentAPI
import Foundation
import Replication
import SiteAssembly
import TestSupport
import Testing

@testable import Agent

/// What a primary keeps of the report of a malicious secondary that has a valid secret.
@Suite("Reports of sites")
struct SiteReportTests {
  private static func kinds() throws -> [KindPlan] {
    [KindPlan(try KindConfiguration(name: "project_repository", strategy: "repository", root: "/srv/git"))]
  }

  private static func report() -> StatusRow {
    var report = StatusRow(site: "berlin", role: .secondary, version: "0.1.0", startedAt: "2026-11-22T18:04:05.123Z")
    var row = StatusRow.KindRow(name: "project_repository", plural: "project_repositories", isEnabled: true)
    row.count = 3
    row.states = ["synced": 2, "failed": 1]
    row.verificationStates = ["succeeded": 2, "pending": 1]
    report.kinds = [row]
    report.lastEventId = 7
    return report
  }

  private static func kept(_ report: StatusRow) throws -> StatusRow { try report.report(from: "berlin", of: kinds()) }

  @Test("an honest report is kept as it is")
  func honest() throws {
    var report = Self.report()
    report.url = "https://berlin:7170"
    report.problems = ["2 of 'project_repository' fail to sync"]
    report.jobs = [
      .init(
        replicableName: "project_repository", id: "a/b", purpose: .known(.sync), seconds: 2.5, progress: "receiving")
    ]
    report.lag = .init(p50Seconds: 0.1, p95Seconds: 0.5, maxSeconds: 2, samples: 9)
    #expect(try Self.kept(report) == report)
  }

  @Test("it may name the kinds of this site only, by this site's names")
  func kinds() throws {
    var report = Self.report()
    report.kinds[0].plural = "problems"
    report.kinds[0].states["exploded"] = 5
    report.kinds += ["secret_kind", "name", "<script>", ""].map { .init(name: $0, plural: $0, isEnabled: true) }
    report.jobs = [.init(replicableName: "secret_kind", id: "a", purpose: .known(.sync), seconds: 1, progress: nil)]
    report.lastFailures = [
      .init(at: "2026-11-22T18:04:05.123Z", replicableName: "secret_kind", id: "a", message: "x"),
      .init(at: "yesterday", replicableName: "project_repository", id: "a", message: "x"),
      .init(at: "2026-11-22T18:04:05.123Z", replicableName: "project_repository", id: "../a", message: "x"),
    ]
    report.oldestUnsynced = .init(replicableName: "secret_kind", id: "a", seconds: 1, reason: "x")
    report.rosters = [.init(replicableName: "secret_kind", place: "/etc/passwd", count: 1, skipped: [], failure: nil)]
    report.secondaries = [.init(name: "rome", lastContactAt: nil, lastEventId: nil)]
    let kept = try Self.kept(report)
    #expect(kept.kinds.map(\.name) == ["project_repository"] && kept.kinds.map(\.plural) == ["project_repositories"])
    #expect(kept.kinds[0].states == ["synced": 2, "failed": 1])
    #expect(kept.jobs.isEmpty && kept.lastFailures.isEmpty && kept.oldestUnsynced == nil && kept.secondaries == nil)
    #expect(kept.rosters == [])
    report = Self.report()
    report.kinds.append(report.kinds[0])
    #expect(throws: WireError.self) { try Self.kept(report) }
  }

  @Test("its text is one line of bounded length, without what does not show")
  func text() throws {
    var report = Self.report()
    report.problems = (0..<5_000).map { "problem \($0)\n\u{1b}[31m\u{202e}" + String(repeating: "x", count: 5_000) }
    report.version = "1\u{0}\u{7f}" + String(repeating: "9", count: 100_000)
    report.url = "javascript:alert(1)"
    report.kinds[0].removalsWaiting = ["a", "../b", "c\n"]
    report.kinds[0].skipped = [String(repeating: "\u{1b}", count: 10_000)]
    report.fencedBy = "no site's name"
    let kept = try Self.kept(report)
    #expect(kept.problems.count == 200 && kept.url == nil && kept.fencedBy == nil)
    #expect(kept.kinds[0].removalsWaiting == ["a", "c?"])
    for text in kept.problems + [kept.version] + kept.kinds[0].skipped {
      // A thousand characters, and how many bytes were cut off.
      #expect(
        text.unicodeScalars.count <= 1_030 && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202e })
    }
    #expect(try AgentJSON.encode(kept).count < 500_000)
  }

  @Test("numbers that count nothing are refused, in every field")
  func numbers() throws {
    let bad = [-1, 1_000_000_000_001, 9_007_199_254_740_991]
    let fields: [WritableKeyPath<StatusRow.KindRow, Int>] = [
      \.count, \.needsVerification, \.mismatched, \.missingOnPrimary, \.damaged, \.unchecked,
    ]
    for number in bad {
      for field in fields {
        var report = Self.report()
        report.kinds[0][keyPath: field] = number
        #expect(throws: WireError.self, "\(field) \(number)") { try Self.kept(report) }
      }
      var report = Self.report()
      report.kinds[0].states["synced"] = number
      #expect(throws: WireError.self) { try Self.kept(report) }
      report = Self.report()
      report.jobLimits = ["checks": number]
      #expect(throws: WireError.self) { try Self.kept(report) }
      report = Self.report()
      report.lag = .init(p50Seconds: 1, p95Seconds: Double(number), maxSeconds: 1, samples: 1)
      #expect(throws: WireError.self) { try Self.kept(report) }
    }
  }
}
