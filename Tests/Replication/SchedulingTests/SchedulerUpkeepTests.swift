import Replication
import Testing

@testable import Scheduling

@Suite("Scheduler: how upkeep ends")
struct SchedulerUpkeepTests {
  @Test("housekeepings and object checks", arguments: upkeep)
  func checkUpkeep(row: SchedulerCase) throws { try row.check() }

  private static let upkeep: [SchedulerCase] = [
    SchedulerCase(
      "a sync preempts a housekeeping", before: { try housekeeping(&$0) }, { try $0.request(.sync, "project/a") },
      "cancel housekeeping project/a", "wake +0.0"),
    SchedulerCase(
      "a check does not", before: { try housekeeping(&$0) }, { try $0.request(.check, "project/a") }, "wake +0.0"),
    SchedulerCase(
      "nor does a sync of another replicable", before: { try housekeeping(&$0) },
      { try $0.request(.sync, "wiki/a") }, "wake +0.0"),
    SchedulerCase(
      "a sync does not preempt a sync", before: { try $0.startSyncs("project/a") },
      { try $0.request(.sync, "project/a") }, "wake +0.0"),
    SchedulerCase(
      "a housekeeping that was preempted twice runs to its end",
      before: {
        for _ in 0..<2 { try preemption(&$0) }
        try housekeeping(&$0)
      }, { try $0.request(.sync, "project/a") }, "wake +0.0"),
    SchedulerCase(
      "after its end the next may be preempted again",
      before: {
        for _ in 0..<2 { try preemption(&$0) }
        try housekeeping(&$0)
        _ = try $0.end(.housekeeping, "project/a", .housekeeping(.done(HousekeepingReport())))
        try housekeeping(&$0)
      }, { try $0.request(.sync, "project/a") }, "cancel housekeeping project/a", "wake +0.0"),
    SchedulerCase(
      "a preempted one has neither delay nor line",
      before: {
        try preemption(&$0)
        _ = try $0.request(.housekeeping, "project/a")
      }, { try $0.pass() }, "start housekeeping project/a", "wake +1.0"),
    SchedulerCase(
      "one that this machine failed is logged", before: { try housekeeping(&$0) },
      { try $0.end(.housekeeping, "project/a", .housekeeping(.paused(Pause(.machine, "disk full")))) },
      "postponed housekeeping project/a: disk full", "wake +0.0"),
    SchedulerCase(
      "so is a check whose state cannot be written",
      before: {
        _ = try $0.request(.check, "project/a")
        _ = try $0.pass()
      }, { try $0.end(.check, "project/a", .unrecorded("read-only")) }, "postponed check project/a: read-only",
      "wake +0.0"),
    tenMinutes("a failed housekeeping", .housekeeping, .housekeeping(.failed("x"))),
    tenMinutes("a paused housekeeping", .housekeeping, .housekeeping(.paused(Pause(.machine, "x")))),
    tenMinutes("a paused check", .check, .check(.paused(Pause(.machine, "x")))),
    SchedulerCase(
      "a delay of upkeep delays no sync",
      before: {
        try housekeeping(&$0)
        _ = try $0.end(.housekeeping, "project/a", .housekeeping(.failed("x")))
        _ = try $0.request(.sync, "project/a")
      }, { try $0.pass() }, "start sync project/a", "wake +1.0"),
    .delay("a check that was not due", .check, .check(.notDue), within: "wake +1.0"),
    .delay("a passed check", .check, .check(.whole), within: "start check project/a", "wake +1.0"),
    .delay(
      "a housekeeping that was not due", .housekeeping, .housekeeping(.notDue),
      within: "start housekeeping project/a", "wake +1.0"),
    SchedulerCase(
      "a damaged copy is synced",
      before: {
        _ = try $0.request(.check, "project/a")
        _ = try $0.pass()
        _ = try $0.end(.check, "project/a", .check(.damaged("x")))
      }, { try $0.pass() }, "start sync project/a", "wake +1.0"),
  ]

  private static func housekeeping(_ fixture: inout SchedulerFixture) throws {
    _ = try fixture.request(.housekeeping, "project/a")
    _ = try fixture.pass()
  }

  /// Makes a sync preempt a housekeeping of `project/a`, and ends it.
  private static func preemption(_ fixture: inout SchedulerFixture) throws {
    try housekeeping(&fixture)
    _ = try fixture.request(.sync, "project/a")
    _ = try fixture.end(.housekeeping, "project/a", .housekeeping(.paused(Pause(.cancelled, "preempted"))))
    _ = try fixture.pass()
    _ = try fixture.end(.sync, "project/a", .notDue)
  }

  /// After that end the next one waits for ten minutes.
  private static func tenMinutes(_ name: String, _ purpose: JobPurpose, _ outcome: JobOutcome) -> SchedulerCase {
    SchedulerCase(
      "\(name) is tried again after ten minutes",
      before: {
        _ = try $0.request(purpose, "project/a")
        _ = try $0.pass()
        _ = try $0.end(purpose, "project/a", outcome)
        _ = try $0.request(purpose, "project/a")
        $0.after(.seconds(599))
        #expect(try $0.pass() == ["wake +1.0"])
        $0.after(.seconds(1))
      }, { try $0.pass() }, "start \(purpose) project/a", "wake +1.0")
  }
}
