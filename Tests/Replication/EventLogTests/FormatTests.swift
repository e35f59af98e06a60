import DurableFiles
import EventLog
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

/// The formats as others see them: by shell, by hand, and from the files that are kept in `fixtures/formats`.
@Suite("Event log formats")
struct FormatTests {
  private static let fixtures = Fixtures.url("formats")

  /// Returns the check of the article `EventLogFormat`, as it stands there.
  private static func articleScript() throws -> String {
    let article = try PackageFiles.text("Sources/Replication/EventLog/EventLog.docc/EventLogFormat.md")
    let start = try #require(article.range(of: "```sh\n"))
    let end = try #require(article[start.upperBound...].range(of: "```"))
    return String(article[start.upperBound..<end.lowerBound])
  }

  private static func shell(_ script: String, in directory: FilePath, input: String = "") async throws -> ProcessOutcome
  {
    try await ChildProcess(
      "bash", ["-c", script], environment: ChildProcess.isolatedEnvironment(), directory: directory.string,
      input: .bytes(Array(input.utf8))
    ).outcome()
  }

  @Test("sha256sum checks the chain of a log, segment after segment, as the article says")
  func chainByShell() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(EventLogSettings(segmentBytes: 700))
      for number in 0..<6 {
        _ = try await log.publish([try LogFixture.event(number), try LogFixture.event(number + 50)])
      }
      try await log.close()
      let script = try Self.articleScript()
      let good = try await Self.shell(script, in: fixture.directory)
      #expect(good.isSuccess && good.text.hasSuffix("good") && good.errorText == "", "\(good.text) \(good.errorText)")
      let path = fixture.directory.appending("00000000000000000001.jsonl").string
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("project-50", with: "project-51").write(toFile: path, atomically: true, encoding: .utf8)
      let bad = try await Self.shell(script, in: fixture.directory)
      #expect(!bad.isSuccess && bad.text.contains("line 4"), "\(bad.text)")
    }
  }

  /// Writes a log with nothing but bash and sha256sum: a header, an opening, an event with members of a later Remora.
  private static func byHand(format: Int) -> String {
    """
    log=00000000000000aa; chain=$log; echo '{"format":1,"log_id":"'$log'"}' > log.json
    add() {
      chain=$(printf '%s%s' "$chain" "$1}" | sha256sum | cut -c1-16)
      printf '%s,"chain":"%s"}\\n' "$1" "$chain" >> 00000000000000000001.jsonl
    }
    time='"created_at":"2026-11-22T10:00:00.000Z"'
    add '{"id":1,"group":1,'$time',"format":\(format),"log_id":"'$log'","previous_chain":"'$log'"'
    add '{"id":2,'$time',"something_else":[1,{"chain":"x"}]'
    payload='{"model_record_id":"x","later":{"y":[]}}'
    add '{"id":3,'$time',"later":null,"replicable_name":"a","event_name":"renamed","payload":'$payload
    """
  }

  @Test("unknown members and lines are passed over, and stay in the chain")
  func unknownMembers() async throws {
    try await LogFixture.with { fixture in
      try RealFileSystem().makeDirectories(fixture.directory)
      #expect(try await Self.shell(Self.byHand(format: 1), in: fixture.directory).isSuccess)
      let log = try await fixture.open()
      let events = try await log.all()
      #expect(events.map(\.id) == [3] && events[0].name == EventName(rawValue: "renamed"))
      #expect(log.id == LogID(0xaa) && log.recovery.isClean)
      #expect(try await log.check() == 4)
      try await log.close()
      #expect(try await Self.shell(try Self.articleScript(), in: fixture.directory).isSuccess)
    }
  }

  @Test("a newer format is refused by name", arguments: ["segment", "log.json", "readers.json"])
  func newerFormat(file: String) async throws {
    try await LogFixture.with { fixture in
      try RealFileSystem().makeDirectories(fixture.directory)
      #expect(try await Self.shell(Self.byHand(format: file == "segment" ? 2 : 1), in: fixture.directory).isSuccess)
      if file != "segment" {
        try #"{"format":2,"log_id":"00000000000000aa"}"#.write(
          toFile: fixture.directory.appending(file).string, atomically: false, encoding: .utf8)
      }
      let error = await #expect(throws: EventLogError.self) { try await fixture.open() }
      #expect(error?.code == .newerFormat && error?.description.contains("format 2") == true)
    }
  }

  @Test("the log of fixtures/formats is read, goes on, and its chain holds by shell")
  func fixture() async throws {
    try await LogFixture.with { fixture in
      try FileManager.default.copyItem(
        atPath: Self.fixtures.appendingPathComponent("events").path, toPath: fixture.directory.string)
      #expect(try await Self.shell(try Self.articleScript(), in: fixture.directory).isSuccess)
      let log = try await fixture.open()
      let events = try await log.all()
      #expect(log.recovery.isClean && log.id == LogID(0x5eed_5eed_5eed_5eed))
      #expect(events.map(\.id) == [3, 4, 5, 6])
      #expect(events.map(\.name) == [.created, .updated, .checksumSucceeded, .deleted])
      #expect(events[0].payload.incarnation == Incarnation(7))
      #expect(events[1].payload.changes.map(\.name) == ["refs/heads/main"])
      #expect(events[1].payload.reason == "push")
      #expect(events[2].payload.reading?.generation == Generation(log: log.id, id: 4))
      #expect(
        try await log.events(after: Cursor("5eed5eed5eed5eed:4:\(Self.chain(of: 4))"), limit: 9).events.count == 2)
      try await log.close()
    }
  }

  private static func chain(of id: Int) throws -> String {
    let text = try String(
      contentsOf: fixtures.appendingPathComponent("events/00000000000000000001.jsonl"), encoding: .utf8)
    return String(text.split(separator: "\n")[id - 1].dropLast(2).suffix(16))
  }

  @Test("the spooled event of fixtures/formats is read")
  func spooledFixture() async throws {
    try await LogFixture.with { fixture in
      let intake = SpoolIntake(fixture.spool, pool: fixture.pool, now: { LogFixture.moment })
      try await intake.prepare()
      try FileManager.default.copyItem(
        atPath: Self.fixtures.appendingPathComponent("spooled-event.json").path,
        toPath: fixture.spool.appending("1.json").string)
      var taken: [SpooledEvent] = []
      try await intake.take { taken += $0 }
      let zero = String(repeating: "0", count: 40)
      let one = String(repeating: "1", count: 40)
      #expect(
        taken == [
          SpooledEvent(
            word: .push, replicableName: ReplicableName("project_repository"),
            id: try ReplicableID("group/project"),
            changes: [RefMove(old: zero, new: one, name: "refs/heads/main")], correlationID: "push-1",
            time: LogFixture.moment)
        ])
    }
  }
}
