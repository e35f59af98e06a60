import Replication
import Testing

@testable import Scheduling

@Suite("Scheduler: passes and queues")
struct SchedulerPassTests {
  @Test("what a pass asks and when", arguments: passes)
  func checkPass(row: SchedulerCase) throws { try row.check() }

  @Test("requests and the backlog", arguments: queues)
  func checkQueue(row: SchedulerCase) throws { try row.check() }

  private static let passes: [SchedulerCase] = [
    SchedulerCase(
      "a pass asks every registry for every purpose", { $0.wake() },
      "ask project sync 1000", "ask project verification 1000", "ask project housekeeping 1000",
      "ask project check 1000", "ask wiki sync 1000", "ask wiki verification 1000", "ask wiki housekeeping 1000",
      "ask wiki check 1000", "ask upload sync 1000", "ask upload verification 1000"),
    SchedulerCase("a pass that goes on ignores another wake", before: { _ = $0.wake() }, { $0.wake() }),
    SchedulerCase(
      "jobs start when all is answered, and not before", before: { _ = $0.wake() },
      { try $0.answer("project", .sync, "a") }),
    SchedulerCase(
      "the last answer starts jobs; the next pass is a second later",
      { try $0.pass(["project sync": "a", "upload sync": "b"]) }, "start sync project/a", "start sync upload/b",
      "wake +1.0"),
    SchedulerCase(
      "what has nothing due is not asked again within a second",
      before: {
        _ = try $0.pass()
        $0.after(.milliseconds(999))
      }, { $0.wake() }, "wake +1.0"),
    SchedulerCase(
      "after a second it is asked again, but for housekeeping",
      before: {
        _ = try $0.pass()
        $0.after(.seconds(1))
      }, { $0.wake() }, "ask project sync 1000", "ask project verification 1000", "ask project check 1000",
      "ask wiki sync 1000", "ask wiki verification 1000", "ask wiki check 1000", "ask upload sync 1000",
      "ask upload verification 1000"),
    SchedulerCase(
      "a kind with a backlog is not asked, one whose backlog is used up at once", limits: .init(repositorySyncs: 1),
      before: { _ = try $0.pass(["project sync": "a b", "wiki sync": "", "upload sync": "c"]) }, { $0.wake() },
      "ask upload sync 1000"),
    SchedulerCase(
      "what is requested already does not shorten the answer",
      before: { _ = try $0.request(.verification, "project/a", "project/b") }, { $0.wake() }, "ask project sync 1000",
      "ask project verification 1002", "ask project housekeeping 1000", "ask project check 1000",
      "ask wiki sync 1000", "ask wiki verification 1000", "ask wiki housekeeping 1000", "ask wiki check 1000",
      "ask upload sync 1000", "ask upload verification 1000"),
    SchedulerCase(
      "a registry that cannot be read is asked again after a second",
      before: {
        _ = $0.wake()
        _ = try $0.answer("upload", .sync, nil)
        _ = try $0.pass()
        $0.after(.milliseconds(999))
      }, { $0.wake() }, "wake +1.0"),
    SchedulerCase(
      "an answer to no question is ignored", before: { _ = try $0.pass() },
      {
        $0.step(
          .due(
            .init(name: ReplicableName("project"), purpose: .sync, limit: 1_000, after: nil),
            DueAnswer([], rowCount: 0)))
      }),
    SchedulerCase(
      "where all of the first portion waits for a paused host, more is asked for",
      before: {
        $0.fail("away")
        _ = $0.wake()
      }, { try $0.answer("project", .sync, "a@away b@away", rows: 1_000) }, "ask project sync 32000"),
    SchedulerCase(
      "so it is where all of it waits for a host that one job tries",
      before: {
        $0.fail("away")
        $0.after(.seconds(20))
        _ = try $0.pass(["project sync": "a@away"])
        $0.after(.seconds(1))
        _ = $0.wake()
      }, { try $0.answer("project", .sync, "b@away c@away", rows: 1_000) }, "ask project sync 32000"),
    SchedulerCase(
      "where nothing of that may start either, a second passes",
      before: {
        $0.fail("away")
        $0.after(.seconds(20))
        _ = try $0.pass(["project sync": "a@away"])
        $0.after(.seconds(1))
        _ = $0.wake()
        _ = try $0.answer("project", .sync, "b@away", rows: 1_000)
        _ = try $0.answer("project", .sync, "b@away c@away", rows: 1_001)
        _ = try $0.pass()
      }, { $0.wake() }, "wake +1.0"),
    SchedulerCase(
      "and where only what is requested already is free",
      before: {
        $0.fail("away")
        _ = try $0.request(.sync, "project/z")
        _ = $0.wake()
      }, { try $0.answer("project", .sync, "a@away z", rows: 1_001) }, "ask project sync 32001"),
    SchedulerCase(
      "while no host may be asked it is not",
      before: {
        $0.fail("primary")
        _ = $0.wake()
      }, { try $0.answer("project", .sync, "a@primary b@primary", rows: 1_000) }),
    SchedulerCase(
      "it is widened once",
      before: {
        $0.fail("away")
        _ = try $0.request(.check, "project/z")
        _ = $0.wake()
        _ = try $0.answer("project", .sync, "a@away", rows: 1_000)
      }, { try $0.answer("project", .sync, "a@away", rows: 32_000) }),
    SchedulerCase(
      "what is behind a paused host's starts from the wider answer",
      before: {
        $0.fail("away")
        _ = $0.wake()
        _ = try $0.answer("project", .sync, "a@away", rows: 1_000)
        _ = try $0.answer("project", .sync, "a@away b@host", rows: 1_001)
      }, { try $0.pass() }, "start sync project/b", "wake +1.0"),
    SchedulerCase(
      "a housekeeping round goes on after its last copy, ten seconds later",
      before: {
        _ = $0.wake()
        _ = try $0.answer("project", .housekeeping, "a b", rows: 1_000)
        _ = try $0.pass()
        for _ in 0..<2 {
          for id in ["a", "b"] { _ = try $0.end(.housekeeping, "project/\(id)", .notDue) }
          _ = try $0.pass()
        }
        $0.after(.seconds(10))
      }, { $0.wake().filter { $0.contains("housekeeping") } }, "ask project housekeeping 1000 after b"),
    SchedulerCase(
      "the next round begins an hour after the last",
      before: {
        _ = try $0.pass()
        $0.after(.seconds(3_600))
      }, { $0.wake().filter { $0.contains("housekeeping") } }, "ask project housekeeping 1000",
      "ask wiki housekeeping 1000"),
    SchedulerCase(
      "a round whose registry cannot be read is asked again by the next pass",
      before: {
        _ = $0.wake()
        _ = try $0.answer("wiki", .housekeeping, nil)
        _ = try $0.pass()
      }, { $0.wake() }, "ask wiki housekeeping 1000"),
  ]

  private static let queues: [SchedulerCase] = [
    SchedulerCase("a request asks for a pass at once", { try $0.request(.sync, "project/a") }, "wake +0.0"),
    SchedulerCase("so does a registry that has changed", { $0.step(.requested([], .sync)) }, "wake +0.0"),
    SchedulerCase(
      "requests go before the backlog", limits: .init(repositorySyncs: 2),
      before: { _ = try $0.request(.sync, "project/c", "project/d") }, { try $0.pass(["project sync": "a b"]) },
      "start sync project/c", "start sync project/d", "wake +1.0"),
    SchedulerCase(
      "each fifth start is the backlog's", limits: .init(repositorySyncs: 6),
      before: { _ = try $0.request(.sync, "project/c", "project/d", "project/e", "project/f", "project/g") },
      { try $0.pass(["project sync": "a b"]) }, "start sync project/c", "start sync project/d", "start sync project/e",
      "start sync project/f", "start sync project/a", "start sync project/g", "wake +1.0"),
    SchedulerCase(
      "what is requested twice starts once",
      before: {
        _ = try $0.request(.sync, "project/a")
        _ = try $0.request(.sync, "project/a")
      }, { try $0.pass(["project sync": "a"]) }, "start sync project/a", "wake +1.0"),
    SchedulerCase("a request of another kind is ignored", { try $0.request(.sync, "other/a") }, "wake +0.0"),
    SchedulerCase(
      "a file has no object check", before: { _ = try $0.request(.check, "upload/a") }, { try $0.pass() }, "wake +1.0"),
    SchedulerCase(
      "a request whose replicable is busy keeps its place", limits: .init(repositorySyncs: 2),
      before: {
        try $0.startSyncs("project/a")
        _ = try $0.request(.sync, "project/a", "project/b")
        _ = try $0.pass()
        _ = try $0.request(.sync, "project/c")
        _ = try $0.end(.sync, "project/a", .notDue)
      }, { try $0.pass() }, "start sync project/a", "wake +1.0"),
    SchedulerCase(
      "kinds take turns", limits: .init(repositorySyncs: 4),
      { try $0.pass(["project sync": "a b c", "wiki sync": "d e f"]) }, "start sync project/a", "start sync wiki/d",
      "start sync project/b", "start sync wiki/e", "wake +1.0"),
    SchedulerCase(
      "a replicable is verified, then gets its housekeeping, then its sync",
      before: {
        for purpose in [JobPurpose.sync, .housekeeping, .verification] { _ = try $0.request(purpose, "project/a") }
        _ = try $0.pass()
        _ = try $0.end(.verification, "project/a", .notDue)
        _ = try $0.pass()
        _ = try $0.end(.housekeeping, "project/a", .notDue)
      }, { try $0.pass() }, "start sync project/a", "wake +1.0"),
    SchedulerCase(
      "housekeepings of a round are thorough, requested ones are not", limits: .init(housekeepings: 2),
      before: { _ = try $0.request(.housekeeping, "project/b") }, { try $0.pass(["project housekeeping": "a"]) },
      "start housekeeping project/b", "start thorough housekeeping project/a", "wake +1.0"),
  ]
}
