import Replication
import Testing

@testable import Scheduling

@Suite("Scheduler: limits, switches, shutdown")
struct SchedulerLimitTests {
  @Test("one job per replicable, and the limits", arguments: limits)
  func checkLimit(row: SchedulerCase) throws { try row.check() }

  @Test("kinds and storage that are switched, and the shutdown", arguments: switches)
  func checkSwitch(row: SchedulerCase) throws { try row.check() }

  private static let limits: [SchedulerCase] = [
    SchedulerCase(
      "a sync excludes a verification and a housekeeping of its replicable",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.request(.verification, "project/a")
        _ = try $0.request(.housekeeping, "project/a")
      }, { try $0.pass(["project sync": "a", "project verification": "a"]) }, "wake +1.0"),
    SchedulerCase(
      "the same id of another kind is another replicable",
      before: {
        try $0.startSyncs("project/a")
        $0.after(.seconds(1))
      },
      { try $0.pass(["wiki sync": "a"]) }, "start sync wiki/a", "wake +1.0"),
    SchedulerCase(
      "an object check runs beside a sync",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.request(.check, "project/a")
      }, { try $0.pass() }, "start check project/a", "wake +1.0"),
    SchedulerCase(
      "but not beside another check", limits: .init(checks: 2),
      before: {
        _ = try $0.request(.check, "project/a")
        _ = try $0.pass()
        _ = try $0.request(.check, "project/a")
      }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "each pool has its limit",
      limits: .init(repositorySyncs: 1, blobDownloads: 2, verifications: 1, housekeepings: 1, checks: 1),
      {
        try $0.pass([
          "project sync": "a b", "wiki sync": "a", "upload sync": "a b c", "project verification": "c d",
          "project housekeeping": "e f", "project check": "a b",
        ])
      }, "start verification project/c", "start thorough housekeeping project/e", "start sync project/a",
      "start sync upload/a", "start sync upload/b", "start check project/a", "wake +1.0"),
    SchedulerCase(
      "other limits ask for a pass", { $0.step(.limits(SchedulerLimits(repositorySyncs: 8))) }, "wake +0.0"),
    SchedulerCase(
      "higher limits start more", limits: .init(repositorySyncs: 1),
      before: {
        _ = try $0.pass(["project sync": "a b c"])
        _ = $0.step(.limits(SchedulerLimits(repositorySyncs: 2)))
      }, { try $0.pass() }, "start sync project/b", "wake +1.0"),
    SchedulerCase(
      "lower limits end nothing, and start nothing until there is a place",
      before: {
        _ = try $0.pass(["project sync": "a b c d e"])
        _ = $0.step(.limits(SchedulerLimits(repositorySyncs: 2)))
        for id in ["a", "b"] { _ = try $0.end(.sync, "project/\(id)", .notDue) }
      }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "a job without an answer leaves its place after five seconds", limits: .init(repositorySyncs: 1),
      before: {
        _ = try $0.pass(["project sync": "a b"])
        $0.after(.milliseconds(5_001))
        _ = $0.step(.unanswered([try SchedulerFixture.key("project/a")]))
      }, { try $0.pass() }, "start sync project/b", "wake +1.0"),
    SchedulerCase(
      "a younger one does not", limits: .init(repositorySyncs: 1),
      before: {
        _ = try $0.pass(["project sync": "a b"])
        $0.after(.seconds(5))
        _ = $0.step(.unanswered([try SchedulerFixture.key("project/a")]))
      }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "nor does one with an answer", limits: .init(repositorySyncs: 1),
      before: {
        _ = try $0.pass(["project sync": "a b"])
        $0.after(.seconds(6))
        _ = $0.step(.unanswered([try SchedulerFixture.key("project/a")]))
        _ = $0.step(.unanswered([]))
      }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "downloads of files always keep their places", limits: .init(blobDownloads: 1),
      before: {
        _ = try $0.pass(["upload sync": "a b"])
        $0.after(.seconds(6))
        _ = $0.step(.unanswered([try SchedulerFixture.key("upload/a")]))
      }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "sixteen wait for answers beside the limit, and no more", limits: .init(repositorySyncs: 1),
      before: {
        let ids = (0..<20).map { "r\($0)" }
        _ = try $0.pass(["project sync": ids.joined(separator: " ")])
        for _ in 0..<18 {
          $0.after(.seconds(6))
          _ = $0.step(.unanswered(Set($0.state.jobs.map(\.key))))
          _ = try $0.pass()
        }
      }, { ["\($0.state.jobs.count) run"] }, "17 run"),
  ]

  private static let switches: [SchedulerCase] = [
    SchedulerCase(
      "a kind that is off is not asked, and what waited is forgotten",
      before: {
        _ = try $0.request(.sync, "wiki/a")
        _ = $0.step(.kind(ReplicableName("wiki"), isOn: false))
        _ = $0.step(.kind(ReplicableName("project"), isOn: false))
      }, { $0.wake() }, "ask upload sync 1000", "ask upload verification 1000"),
    SchedulerCase(
      "its requests are not taken",
      before: {
        _ = $0.step(.kind(ReplicableName("wiki"), isOn: false))
        _ = try $0.request(.sync, "wiki/a")
        _ = $0.step(.kind(ReplicableName("wiki"), isOn: true))
      }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "on again its registry is asked",
      before: {
        _ = $0.step(.kind(ReplicableName("upload"), isOn: false))
        _ = try $0.pass()
        _ = $0.step(.kind(ReplicableName("upload"), isOn: true))
      }, { $0.wake() }, "ask upload sync 1000", "ask upload verification 1000"),
    SchedulerCase(
      "an answer for a kind that was switched off meanwhile starts nothing",
      before: {
        _ = $0.wake()
        _ = $0.step(.kind(ReplicableName("upload"), isOn: false))
      }, { try $0.pass(["upload sync": "a"]) }, "wake +1.0"),
    SchedulerCase(
      "nothing starts in a root that cannot be used, other kinds go on",
      before: {
        _ = try $0.request(.sync, "project/a", "wiki/a")
        _ = $0.step(.storage(ReplicableName("project"), isPaused: true))
      }, { try $0.pass(["project sync": "b", "project check": "c"]) }, "start sync wiki/a", "wake +1.0"),
    SchedulerCase(
      "a root that can be used again is asked for",
      before: {
        _ = $0.step(.storage(ReplicableName("project"), isPaused: true))
        _ = try $0.pass()
        _ = $0.step(.storage(ReplicableName("project"), isPaused: false))
      }, { try $0.pass(["project sync": "b"]) }, "start sync project/b", "wake +1.0"),
    SchedulerCase(
      "the shutdown cancels what runs",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.request(.check, "project/a")
        $0.after(.seconds(1))
        _ = try $0.pass()
      }, { $0.step(.shutdown) }, "cancel sync project/a", "cancel check project/a"),
    SchedulerCase(
      "and starts nothing",
      before: {
        _ = try $0.request(.sync, "project/a")
        _ = $0.wake()
        _ = $0.step(.shutdown)
      }, { try $0.pass(["upload sync": "b"]) }),
    SchedulerCase("after it there are no passes", before: { _ = $0.step(.shutdown) }, { $0.wake() }),
    SchedulerCase(
      "a job that the shutdown has cancelled pauses no host",
      before: {
        try $0.startSyncs("project/a")
        _ = $0.step(.shutdown)
      }, { try $0.end(.sync, "project/a", .sync(.paused(Pause(.host, "cancelled")))) }, "wake +0.0"),
    SchedulerCase(
      "and is not logged",
      before: {
        _ = try $0.request(.check, "project/a")
        _ = try $0.pass()
        _ = $0.step(.shutdown)
      }, { try $0.end(.check, "project/a", .unrecorded("cancelled")) }, "wake +0.0"),
  ]
}
