import DurableFiles
import EventLog
import Foundation
import Glibc
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What hooks leave: nothing is lost between the spool and the agent that takes it, and no foreign file stops the
/// intake.
@Suite("Spool")
struct SpoolTests {
  private static func event(_ number: Int, word: SpooledEvent.Word = .push) throws -> SpooledEvent {
    SpooledEvent(
      word: word, replicableName: ReplicableName("project_repository"), id: try ReplicableID("group/p-\(number)"),
      changes: [RefMove(old: "0", new: "1", name: "refs/heads/\(number)")], correlationID: "c \"\(number)\"",
      time: LogFixture.moment + .milliseconds(number))
  }

  private static func intake(_ fixture: LogFixture, now: Timestamp = LogFixture.moment) -> SpoolIntake {
    SpoolIntake(fixture.spool, pool: fixture.pool, now: { now })
  }

  private static func names(_ directory: FilePath) throws -> [String] {
    try RealFileSystem().entries(of: directory).map(\.name.string)
  }

  @Test("what was spooled is handed over in order, once, and its files are gone")
  func takes() async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      let writer = SpoolWriter(fixture.spool)
      var events: [SpooledEvent] = []
      for (number, word) in [(3, .push), (1, .update), (2, .destroy)] as [(Int, SpooledEvent.Word)] {
        events.append(try Self.event(number, word: word))
        try writer.write(events[events.count - 1])
      }
      var taken: [SpooledEvent] = []
      let report = try await intake.take { taken += $0 }
      #expect(taken == [events[1], events[2], events[0]])
      #expect(report.taken == 3 && report.setAside == 0 && report.stuck == 0)
      #expect(try Self.names(fixture.spool) == ["bad"])
      #expect(try await intake.take { _ in Issue.record("nothing is there") } == SpoolReport())
    }
  }

  @Test(
    "a spooled file can be read by the agent whatever umask the hook has",
    arguments: [0o000, 0o022, 0o077, 0o777] as [mode_t])
  func umasks(mask: mode_t) async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      let before = umask(mask)
      defer { umask(before) }
      try SpoolWriter(fixture.spool).write(try Self.event(1))
      let name = try #require(try Self.names(fixture.spool).first { $0.hasSuffix(".json") })
      let mode = try RealFileSystem().status(of: fixture.spool.appending(name))?.permissions
      #expect(mode == FilePermissions(rawValue: 0o644))
    }
  }

  @Test("when the handler throws, or the process dies after it, the files are there and are handed over again")
  func handsOverAgain() async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      let event = try Self.event(1)
      try SpoolWriter(fixture.spool).write(event)
      await #expect(throws: TestSupportError.self) { try await intake.take { _ in throw TestSupportError("full") } }
      var seen = 0
      await #expect(throws: (any Error).self) {
        try await intake.take { events in
          seen += events.count
          throw TestSupportError("as if killed before the files are removed")
        }
      }
      #expect(seen == 1)
      var taken: [SpooledEvent] = []
      try await intake.take { taken += $0 }
      #expect(taken == [event])
    }
  }

  static let badTexts: [(String, String)] = [
    ("empty", ""), ("no JSON", "push a"), ("an array", "[]"), ("cut", #"{"format":1,"event":"push""#),
    ("no format", #"{"event":"push","name":"a","id":"a","time":"2026-11-22T10:00:00.000Z"}"#),
    ("a newer format", #"{"format":2,"event":"push","name":"a","id":"a","time":"2026-11-22T10:00:00.000Z"}"#),
    ("an unknown word", #"{"format":1,"event":"explode","name":"a","id":"a","time":"2026-11-22T10:00:00.000Z"}"#),
    ("a bad id", #"{"format":1,"event":"destroy","name":"a","id":"../a","time":"2026-11-22T10:00:00.000Z"}"#),
    ("a bad name", #"{"format":1,"event":"push","name":"A b","id":"a","time":"2026-11-22T10:00:00.000Z"}"#),
    ("a bad time", #"{"format":1,"event":"push","name":"a","id":"a","time":"yesterday"}"#),
    ("no id", #"{"format":1,"event":"push","name":"a","time":"2026-11-22T10:00:00.000Z"}"#),
    ("two documents", #"{"format":1,"event":"push","name":"a","id":"a","time":"2026-11-22T10:00:00.000Z"}{}"#),
    ("a trailing comma", #"{"format":1,"event":"push","name":"a","id":"a","time":"2026-11-22T10:00:00.000Z",}"#),
    ("a leading zero", #"{"format":01,"event":"push","name":"a","id":"a","time":"2026-11-22T10:00:00.000Z"}"#),
    ("half a surrogate", #"{"format":1,"event":"push","name":"a","id":"\ud800","time":"2026-11-22T10:00:00.000Z"}"#),
    (
      "a change without a name",
      #"{"format":1,"event":"push","name":"a","id":"a","time":"2026-11-22T10:00:00.000Z","changes":[{"old":"1"}]}"#
    ),
    ("levels without end", #"{"x":"# + String(repeating: "[", count: 100_000)),
    ("a number too large", #"{"format":99999999999999999999}"#),
    ("a line feed in a string", "{\"format\":1,\"event\":\"pu\nsh\"}"),
  ]

  @Test("a file that is no event is set aside and counted, and the others are taken", arguments: badTexts)
  func bad(_ name: String, _ text: String) async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      try Data(text.utf8).write(to: URL(fileURLWithPath: fixture.spool.appending("000.json").string))
      try SpoolWriter(fixture.spool).write(try Self.event(1))
      var taken: [SpooledEvent] = []
      let report = try await intake.take { taken += $0 }
      #expect(taken == [try Self.event(1)])
      #expect(report.taken == 1 && report.setAside == 1 && report.stuck == 0)
      #expect(try Self.names(fixture.spool) == ["bad"])
      #expect(try Self.names(fixture.spool.appending("bad")).count == 1)
    }
  }

  @Test("unknown members, white space and escapes of others are read")
  func foreign() async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      let text = """
        { "format" : 1, "host": {"a": [1, -2.5e3, true, null, "\\u00e9"]}, "event":"push", "name":"release_asset",
          "id": "caf\\u00e9/\\ud83d\\ude00", "time":"2026-11-22T10:00:00.000Z" }

        """
      try Data(text.utf8).write(to: URL(fileURLWithPath: fixture.spool.appending("1.json").string))
      var taken: [SpooledEvent] = []
      try await intake.take { taken += $0 }
      #expect(taken.map(\.id.text) == ["café/😀"])
    }
  }

  @Test("links, directories, fifos, huge files and files without the ending are set aside; what is being written stays")
  func irregular() async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      func path(_ name: String) -> String { fixture.spool.appending(name).string }
      let outside = fixture.directory.removingLastComponent().appending("outside.json").string
      try Data("{}".utf8).write(to: URL(fileURLWithPath: outside))
      try FileManager.default.createSymbolicLink(atPath: path("link.json"), withDestinationPath: outside)
      try FileManager.default.createDirectory(
        atPath: path("directory.json/inner"), withIntermediateDirectories: true)
      #expect(mkfifo(path("fifo.json"), 0o600) == 0)
      try Data(count: (1 << 20) + 1).write(to: URL(fileURLWithPath: path("huge.json")))
      try Data("x".utf8).write(to: URL(fileURLWithPath: path("other")))
      try Data("x".utf8).write(to: URL(fileURLWithPath: path("new.tmp")))
      try Data("x".utf8).write(to: URL(fileURLWithPath: path(".hidden")))
      let report = try await intake.take { _ in Issue.record("none of these is an event") }
      #expect(report.setAside == 5 && report.stuck == 0)
      #expect(try Self.names(fixture.spool) == [".hidden", "bad", "new.tmp"])
      #expect(FileManager.default.fileExists(atPath: outside))
      // An hour later no hook writes it any more.
      let late = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) + .seconds(7_200)
      #expect(try await Self.intake(fixture, now: late).take { _ in }.setAside == 1)
      #expect(try Self.names(fixture.spool) == [".hidden", "bad"])
    }
  }

  @Test("where no more is set aside, a directory with something in it is neither walked nor removed")
  func full() async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      func path(_ name: String) -> String { fixture.spool.appending(name).string }
      for number in 0..<1_000 { try Data().write(to: URL(fileURLWithPath: path("bad/\(number)"))) }
      for name in ["whole/inner", "empty"] {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
      }
      try Data("x".utf8).write(to: URL(fileURLWithPath: path("other")))
      let report = try await intake.take { _ in Issue.record("none of these is an event") }
      #expect(report.discarded == 2 && report.stuck == 1)
      #expect(try Self.names(fixture.spool) == ["bad", "whole"])
      #expect(try Self.names(fixture.spool.appending("whole")) == ["inner"])
    }
  }

  @Test("more than one part is taken, each handed over before the next is read")
  func parts() async throws {
    try await LogFixture.with { fixture in
      let intake = SpoolIntake(fixture.spool, pool: fixture.pool, batchEvents: 10, now: { LogFixture.moment })
      try await intake.prepare()
      let writer = SpoolWriter(fixture.spool)
      for number in 0..<23 { try writer.write(try Self.event(number)) }
      var parts: [Int] = []
      let report = try await intake.take { part in
        parts.append(part.count)
        // Those of the parts before are gone already.
        let names = try Self.names(fixture.spool)
        #expect(names.count == 23 - parts.dropLast().reduce(0, +) + 1)
      }
      #expect(parts == [10, 10, 3] && report.taken == 23)
    }
  }

  @Test("changes beyond 1 MiB are left out of the file and counted in it")
  func manyChanges() async throws {
    try await LogFixture.with { fixture in
      let intake = Self.intake(fixture)
      try await intake.prepare()
      var event = try Self.event(1)
      event.changes = (0..<40_000).map { RefMove(old: "old", new: "new", name: "refs/heads/a-long-branch-name-\($0)") }
      try SpoolWriter(fixture.spool).write(event)
      var taken: [SpooledEvent] = []
      try await intake.take { taken += $0 }
      let found = try #require(taken.first)
      #expect(found.changes == Array(event.changes.prefix(found.changes.count)) && found.changes.count > 5_000)
      #expect(found.changes.count + found.changesLeftOut == 40_000)
    }
  }

  @Test("an event that was spooled survives a loss of power, and every fsync of it is needed")
  func powerLoss() async throws {
    try await OwnThread.run {
      let event = try Self.event(1)
      let experiment = PowerLossExperiment { root in
        try RealFileSystem().makeDirectory(root.appending("spool"), permissions: FilePermissions(rawValue: 0o700))
      } act: { stage in
        try SpoolWriter(stage.root.appending("spool"), files: stage.files).write(event)
        try stage.mark("told")
      } check: { state in
        let spool = state.root.appending("spool")
        let taken = Mutex<[SpooledEvent]>([])
        let report = try LogCrashFixture.wait {
          let intake = SpoolIntake(spool, pool: LogCrashFixture.pool, now: { LogFixture.moment })
          try await intake.prepare()
          return try await intake.take { events in taken.withLock { $0 += events } }
        }
        let found = taken.withLock { $0 }
        guard report.setAside == 0, found == [event] || (found.isEmpty && !state.marks.contains("told")) else {
          throw TestSupportError("found \(found)")
        }
      }
      try experiment.run()
      #expect(try experiment.unnoticedSynchronizations().map(\.description) == [])
      try experiment.failEachCall { plan, root, thrown in
        let names = try Self.names(root.appending("spool"))
        guard thrown != nil || names.contains(where: { $0.hasSuffix(".json") }) else {
          throw TestSupportError("\(plan): told that it is spooled, and it is not")
        }
      }
    }
  }

  @Test("a spool that cannot be cleaned up hands over again, and says so")
  func stuck() async throws {
    try await LogFixture.with { fixture in
      try await Self.intake(fixture).prepare()
      try SpoolWriter(fixture.spool).write(try Self.event(1))
      var codes: Set<Int> = []
      for call in 1...3 {
        let files = FaultyFileSystem(FaultPlan(call: call, code: .ioError, isPersistent: true))
        let intake = SpoolIntake(fixture.spool, pool: fixture.pool, files: files, now: { LogFixture.moment })
        var taken = 0
        do {
          let report = try await intake.take { taken += $0.count }
          #expect(report.stuck == 1 && report.firstProblem != nil)
          codes.insert(taken)
        } catch is EventLogError {
          #expect(taken == 0)
        }
      }
      #expect(codes == [0, 1])
      var taken = 0
      try await Self.intake(fixture).take { taken += $0.count }
      #expect(taken == 1)
    }
  }
}
