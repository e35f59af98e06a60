import Replication
import Testing

@testable import Scheduling

@Suite("Scheduler: how syncs and verifications end")
struct SchedulerOutcomeTests {
  @Test("syncs and verifications", arguments: syncs)
  func checkSync(row: SchedulerCase) throws { try row.check() }

  @Test("failures of hosts", arguments: hosts)
  func checkHost(row: SchedulerCase) throws { try row.check() }

  private static let syncs: [SchedulerCase] = [
    SchedulerCase(
      "what does not run cannot end", { try $0.end(.sync, "project/a", .sync(.failed("x"))) }),
    SchedulerCase(
      "nor can another job of the replicable that runs", before: { try $0.startSyncs("project/a") },
      { try $0.end(.verification, "project/a", .notDue) }),
    SchedulerCase(
      "a job that was not due any more frees its replicable",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.request(.sync, "project/a")
        _ = try $0.end(.sync, "project/a", .notDue)
      }, { try $0.pass() }, "start sync project/a", "wake +1.0"),
    SchedulerCase(
      "a changed copy is verified, then gets a housekeeping",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.end(.sync, "project/a", .sync(.synced(hasChanged: true)))
        _ = try $0.pass()
        _ = try $0.end(.verification, "project/a", .verification(.succeeded(.reading)))
      }, { try $0.pass() }, "start housekeeping project/a", "wake +1.0"),
    SchedulerCase(
      "an unchanged one is verified",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.end(.sync, "project/a", .sync(.synced(hasChanged: false)))
        _ = try $0.pass()
        _ = try $0.end(.verification, "project/a", .verification(.overtaken))
      }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "one that is pending again gets a housekeeping, then a sync",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.end(.sync, "project/a", .sync(.pendingAgain))
        _ = try $0.pass()
        _ = try $0.end(.housekeeping, "project/a", .housekeeping(.done(HousekeepingReport())))
      }, { try $0.pass() }, "start sync project/a", "wake +1.0"),
    SchedulerCase(
      "the fifth time in a row it is proved", before: { try resyncs(4, &$0) },
      { try $0.end(.sync, "upload/a", .sync(.pendingAgain)) }, "prove sync upload/a"),
    SchedulerCase(
      "the proof ends the job",
      before: {
        try resyncs(4, &$0)
        _ = try $0.end(.sync, "upload/a", .sync(.pendingAgain))
        _ = try $0.pass()
        _ = try $0.end(.sync, "upload/a", .verification(.succeeded(.bracket)))
      }, { try $0.pass() }, "start sync upload/a", "wake +1.0"),
    SchedulerCase(
      "the tenth time again",
      before: {
        try resyncs(4, &$0)
        _ = try $0.end(.sync, "upload/a", .sync(.pendingAgain))
        _ = try $0.end(.sync, "upload/a", .verification(.overtaken))
        _ = try $0.pass()
        try resyncs(4, &$0, isRunning: true)
      }, { try $0.end(.sync, "upload/a", .sync(.pendingAgain)) }, "prove sync upload/a"),
    SchedulerCase(
      "another result begins the count anew",
      before: {
        try resyncs(4, &$0)
        _ = try $0.end(.sync, "upload/a", .sync(.failed("x")))
        try $0.startSyncs("upload/a")
      }, { try $0.end(.sync, "upload/a", .sync(.pendingAgain)) }, "wake +0.0"),
    SchedulerCase(
      "what cannot be proved because the state cannot be written pauses this machine",
      before: {
        try resyncs(4, &$0)
        _ = try $0.end(.sync, "upload/a", .sync(.pendingAgain))
      }, { try $0.end(.sync, "upload/a", .unrecorded("disk full")) }, "paused this machine: disk full", "wake +0.0"),
    .delay("a sync that was not due", .sync, .sync(.notDue), within: "wake +1.0"),
    .delay("a cancelled sync", .sync, .sync(.paused(Pause(.cancelled, "x"))), within: "wake +1.0"),
    .delay("a sync in a refused root", .sync, .sync(.paused(Pause(.root, "x"))), within: "wake +1.0"),
    .delay("a verification that was not due", .verification, .verification(.notDue), within: "wake +1.0"),
    .delay("a verification that found the primary changing", .verification, .verification(.moved), within: "wake +1.0"),
    .delay(
      "a failed sync is not delayed here", .sync, .sync(.failed("x")), within: "start sync project/a", "wake +1.0"),
    .delay(
      "nor a failed verification", .verification, .verification(.failed("x")), within: "start verification project/a",
      "wake +1.0"),
    .delay(
      "nor a mismatch", .verification, .verification(.mismatched([])), within: "start verification project/a",
      "wake +1.0"),
    SchedulerCase(
      "a delay ends after a second",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.end(.sync, "project/a", .sync(.notDue))
        _ = try $0.request(.sync, "project/a")
        $0.after(.seconds(1))
      }, { try $0.pass() }, "start sync project/a", "wake +1.0"),
  ]

  /// Ends so many syncs in a row with a newer event; one more runs then.
  private static func resyncs(_ count: Int, _ fixture: inout SchedulerFixture, isRunning: Bool = false) throws {
    if !isRunning { try fixture.startSyncs("upload/a") }
    for _ in 0..<count {
      #expect(try fixture.end(.sync, "upload/a", .sync(.pendingAgain)) == ["wake +0.0"])
      _ = try fixture.pass()
    }
  }

  private static let hosts: [SchedulerCase] = [
    SchedulerCase(
      "this machine fails", before: { try $0.startSyncs("project/a") },
      { try $0.end(.sync, "project/a", .sync(.paused(Pause(.machine, "disk full")))) },
      "paused this machine: disk full", "wake +0.0"),
    SchedulerCase(
      "then no host is asked, and upkeep goes on",
      before: {
        $0.fail(HostTable.machine)
        _ = try $0.request(.sync, "project/a")
      }, { try $0.pass(["project verification": "b", "project check": "c"]) }, "start check project/c", "wake +1.0"),
    SchedulerCase(
      "the primary fails", before: { try $0.startSyncs("project/a") },
      { try $0.end(.sync, "project/a", .sync(.paused(Pause(.primary, "away")))) }, "paused primary: away", "wake +0.0"),
    SchedulerCase(
      "then no host is asked either", before: { $0.fail("primary") },
      { try $0.pass(["project sync": "a", "upload sync": "b"]) }, "wake +1.0"),
    SchedulerCase(
      "a host fails", before: { try $0.startSyncs("project/a@git") },
      { try $0.end(.sync, "project/a", .sync(.paused(Pause(.host, "away")))) }, "paused git: away", "wake +0.0"),
    SchedulerCase(
      "its failure is logged once",
      before: {
        try $0.startSyncs("project/a@git", "project/b@git")
        _ = try $0.end(.sync, "project/a", .sync(.paused(Pause(.host, "away"))))
      }, { try $0.end(.sync, "project/b", .sync(.paused(Pause(.host, "away")))) }, "wake +0.0"),
    SchedulerCase(
      "its replicables do not start, those of others do",
      before: {
        $0.fail("git")
        _ = try $0.request(.sync, "project/a@git", "project/b@other")
      }, { try $0.pass(["project sync": "c@git"]) }, "start sync project/b", "wake +1.0"),
    SchedulerCase(
      "a request for it leaves the queue, and comes back with the registry's answer",
      before: {
        $0.fail("git")
        _ = try $0.request(.sync, "project/a@git")
        _ = try $0.pass()
        $0.after(.seconds(20))
      }, { try $0.pass(["project sync": "b@git"]) }, "start sync project/b", "wake +1.0"),
    SchedulerCase(
      "one job tries it, though there are places",
      before: {
        $0.fail("git")
        $0.after(.seconds(20))
      }, { try $0.pass(["project sync": "a@git b@git c@git"]) }, "start sync project/a", "wake +1.0"),
    SchedulerCase(
      "after one success there are two, then four",
      before: {
        $0.fail("git")
        $0.after(.seconds(20))
        _ = try $0.pass(["project sync": "a@git b@git c@git d@git"])
        _ = $0.succeed("git")
        _ = try $0.end(.sync, "project/a", .sync(.failed("x")))
        $0.after(.seconds(1))
      }, { try $0.pass(["project sync": "b@git c@git d@git"]) }, "start sync project/b", "start sync project/c",
      "wake +1.0"),
    SchedulerCase(
      "Retry-After is obeyed, whatever the host answers elsewhere",
      before: {
        try $0.startSyncs("project/a@git")
        _ = try $0.end(.sync, "project/a", .sync(.paused(Pause(.host, "429", retryAfter: .seconds(60)))))
        $0.after(.seconds(59))
        _ = $0.step(.hostAnswered("git"))
      }, { try $0.pass(["project sync": "a@git"]) }, "wake +1.0"),
    SchedulerCase(
      "an answer elsewhere ends another pause", before: { $0.fail("git") }, { $0.step(.hostAnswered("git")) },
      "wake +0.0"),
    SchedulerCase(
      "then it is tried at once",
      before: {
        $0.fail("git")
        _ = $0.step(.hostAnswered("git"))
      }, { try $0.pass(["project sync": "a@git"]) }, "start sync project/a", "wake +1.0"),
    SchedulerCase("an answer of a host that works changes nothing", { $0.step(.hostAnswered("git")) }),
    SchedulerCase(
      "what every job needs works again with the first result",
      before: {
        $0.fail("primary")
        $0.after(.seconds(20))
        try $0.startSyncs("project/a")
      }, { try $0.end(.sync, "project/a", .sync(.failed("x"))) }, "resumed primary after: away", "wake +0.0"),
    SchedulerCase(
      "an end that cannot be recorded pauses this machine", before: { try $0.startSyncs("project/a") },
      { try $0.end(.sync, "project/a", .unrecorded("read-only")) }, "paused this machine: read-only", "wake +0.0"),
    SchedulerCase(
      "the next pass writes it down first",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.end(.sync, "project/a", .unrecorded("read-only"))
      }, { $0.wake().filter { !$0.hasPrefix("ask") } }, "recover project/a"),
    SchedulerCase(
      "and waits for that",
      before: {
        try $0.startSyncs("project/a", "project/b")
        _ = try $0.end(.sync, "project/a", .unrecorded("read-only"))
        _ = try $0.pass()
      }, { $0.recovered(true) }, "wake +1.0"),
    SchedulerCase(
      "once is enough",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.end(.sync, "project/a", .unrecorded("read-only"))
        _ = try $0.pass()
        _ = $0.recovered(true)
      }, { $0.wake() }, "wake +1.0"),
    SchedulerCase(
      "what still cannot be written is tried by the next pass",
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.end(.sync, "project/a", .unrecorded("read-only"))
        _ = try $0.pass()
        _ = $0.recovered(false)
      }, { $0.wake() }, "recover project/a"),
  ]
}
