import DurableFiles
import EventLog
import Foundation
import Replication
import SystemPackage
import TestSupport
import Testing

/// Every byte of a small log, cut off and changed: the start or the read refuses, or what is taken away is counted
/// and lies at the end.
@Suite("Damaged event log")
struct DamageTests {
  private static let settings = EventLogSettings(segmentBytes: 1_000)

  /// A log of two segments with groups of several lines, closed.
  private static func build(_ fixture: LogFixture) async throws -> [Event] {
    let log = try await fixture.open(settings)
    var events: [Event] = []
    for numbers in [[1, 2, 3], [4], [5, 6]] {
      events += try await log.publish(try numbers.map { try LogFixture.event($0) })
    }
    try await log.acknowledge(secondary: "berlin", try await log.position())
    try await log.close()
    return events
  }

  private static func segments(of directory: FilePath) throws -> [FilePath] {
    try RealFileSystem().entries(of: directory).map { directory.appending($0.name) }.filter { $0.extension == "jsonl" }
  }

  private enum Outcome: Equatable {
    case refused
    case read([Event], isClean: Bool)
    case refusedReading
  }

  /// Opens a copy of the log in which one file has other bytes.
  private static func outcome(_ fixture: LogFixture, _ name: String, _ bytes: [UInt8], _ trial: Int) async throws
    -> Outcome
  {
    let copy = fixture.directory.removingLastComponent().appending("trial-\(trial)")
    defer { try? FileManager.default.removeItem(atPath: copy.string) }
    try FileManager.default.copyItem(atPath: fixture.directory.string, toPath: copy.string)
    try Data(bytes).write(to: URL(fileURLWithPath: copy.appending(name).string))
    let log: DurableEventLog
    do {
      log = try await fixture.open(settings, at: copy)
    } catch let error as EventLogError {
      #expect([.damaged, .newerFormat].contains(error.code), "\(error)")
      #expect(error.description.contains(copy.string) && error.description.contains(";"))
      return .refused
    }
    do {
      let events = try await log.all()
      try await log.check()
      let more = try await log.publish([try LogFixture.event(77)])
      #expect(try await log.all() == events + more)
      try await log.close()
      return .read(events, isClean: log.recovery.isClean)
    } catch PrimaryAccessError.unavailable(let reason) {
      #expect(reason.contains(name))
      await #expect(throws: EventLogError.self) { try await log.check() }
      try await log.close()
      return .refusedReading
    }
  }

  @Test("the last segment cut off at any byte gives a prefix, and what is taken away is counted")
  func cut() async throws {
    try await LogFixture.with { fixture in
      let events = try await Self.build(fixture)
      let path = try #require(try Self.segments(of: fixture.directory).last)
      let bytes = try #require(try RealFileSystem().contents(of: path, limit: 1 << 20))
      for length in 0..<bytes.count {
        let outcome = try await Self.outcome(fixture, path.lastComponent!.string, Array(bytes[..<length]), length)
        let isBorder = length > 0 && bytes[length - 1] == UInt8(ascii: "\n")
        guard case .read(let found, let isClean) = outcome else {
          Issue.record("cut at \(length): \(outcome)")
          continue
        }
        #expect(events.starts(with: found), "cut at \(length)")
        #expect(isClean == isBorder, "cut at \(length)")
      }
    }
  }

  @Test("a changed byte anywhere in a segment is noticed", arguments: [0x01, 0x80] as [UInt8])
  func flip(mask: UInt8) async throws {
    try await LogFixture.with { fixture in
      let events = try await Self.build(fixture)
      let paths = try Self.segments(of: fixture.directory)
      #expect(paths.count >= 2)
      for path in paths {
        let bytes = try #require(try RealFileSystem().contents(of: path, limit: 1 << 20))
        for position in bytes.indices {
          var changed = bytes
          changed[position] ^= mask
          let outcome = try await Self.outcome(fixture, path.lastComponent!.string, changed, position)
          guard case .read(let found, let isClean) = outcome else { continue }
          // Only the end of the last line can look like a line that was being written.
          #expect(path == paths.last && !isClean, "changed at \(position)")
          #expect(events.starts(with: found) && found.count + 2 >= events.count, "changed at \(position)")
        }
      }
    }
  }

  @Test("zeros in place of the last group are a torn write, zeros before it are damage")
  func zeros() async throws {
    try await LogFixture.with { fixture in
      let events = try await Self.build(fixture)
      let path = try #require(try Self.segments(of: fixture.directory).last)
      let bytes = try #require(try RealFileSystem().contents(of: path, limit: 1 << 20))
      let lines = bytes.split(separator: UInt8(ascii: "\n"))
      let groups = lines.filter { String(decoding: $0, as: UTF8.self).contains("\"group\"") }
      let last = try #require(groups.last).startIndex
      for position in bytes.indices {
        var changed = bytes
        changed[position] = 0
        let outcome = try await Self.outcome(fixture, path.lastComponent!.string, changed, position)
        if position < last {
          #expect(outcome == .refused, "zero at \(position)")
        } else {
          guard case .read(let found, false) = outcome else {
            Issue.record("zero at \(position): \(outcome)")
            continue
          }
          #expect(events.starts(with: found))
        }
      }
    }
  }

  @Test("a changed byte in log.json or readers.json is refused or changes nothing that is published")
  func otherFiles() async throws {
    try await LogFixture.with { fixture in
      let events = try await Self.build(fixture)
      for name in ["log.json", "readers.json"] {
        let bytes = try #require(try RealFileSystem().contents(of: fixture.directory.appending(name), limit: 1 << 20))
        for position in bytes.indices {
          for mask in [0x01, 0x80] as [UInt8] {
            var changed = bytes
            changed[position] ^= mask
            let outcome = try await Self.outcome(fixture, name, changed, position)
            #expect(outcome == .refused || outcome == .read(events, isClean: true), "\(name) at \(position)")
          }
          if name == "log.json" {
            let outcome = try await Self.outcome(fixture, name, Array(bytes[..<position]), position)
            #expect(outcome == .refused || position == bytes.count - 1, "cut at \(position)")
          }
        }
      }
    }
  }

  @Test("without log.json segments are refused, and the message says how to put it back")
  func lostIdentity() async throws {
    try await LogFixture.with { fixture in
      _ = try await Self.build(fixture)
      try RealFileSystem().unlink(fixture.directory.appending("log.json"))
      let error = await #expect(throws: EventLogError.self) { try await fixture.open(Self.settings) }
      #expect(error?.code == .damaged)
      #expect(error?.description.contains("write it anew") == true)
    }
  }

  @Test("a missing segment in the middle stops the reader, with the line behind the gap")
  func gap() async throws {
    try await LogFixture.with { fixture in
      let log = try await fixture.open(Self.settings)
      for number in 0..<20 { _ = try await log.publish([try LogFixture.event(number)]) }
      try await log.close()
      let paths = try Self.segments(of: fixture.directory)
      #expect(paths.count > 3)
      try RealFileSystem().unlink(paths[1])
      let again = try await fixture.open(Self.settings)
      await #expect(throws: EventLogError.self) { try await again.check() }
      await #expect(throws: PrimaryAccessError.self) { try await again.all() }
      try await again.close()
    }
  }
}
