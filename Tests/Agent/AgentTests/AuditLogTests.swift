import AgentAPI
import Foundation
import Logging
import Replication
import TestSupport
import Testing
import TextBytes
import WorkerPool

@testable import Agent

/// The file of orders is bounded, keeps what was done, and holds one line an order whatever the order says.
@Suite("The audit log")
struct AuditLogTests {
  private static func with(
    fileBytes: Int = 4 << 20, _ body: (AuditLog, TemporaryDirectory) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory("audit")
    let workers = WorkerPool(name: "audit", threads: 2, waitingLimit: 1_000)
    let log = AuditLog(
      state: directory.path, workers: workers,
      agentLog: AgentLog(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
      now: { Timestamp(milliseconds: 1_795_341_600_000) }, fileBytes: fileBytes)
    do {
      try await body(log, directory)
      await workers.shutdown()
    } catch {
      await workers.shutdown()
      throw error
    }
  }

  private static func lines(_ path: String) throws -> [AuditEntry] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try AgentJSON.decode(AuditEntry.self, from: Array($0.utf8))
    }
  }

  @Test("an order of control characters and any length is one bounded line")
  func foreign() async throws {
    try await Self.with { log, directory in
      var details: [String: String] = [:]
      for index in 0..<100 {
        details["k\(index)\n" + String(repeating: "x", count: index)] = String(repeating: "\u{1b}", count: 10_000)
      }
      await log.record(
        AuditEntry(
          order: .other("POST /\n" + String(repeating: "y", count: 10_000)), kind: "a\u{202e}b", details: details,
          actor: AuditActor(token: "ci"), outcome: .done))
      let text = try String(contentsOfFile: directory.path("audit.jsonl"), encoding: .utf8)
      #expect(text.filter { $0 == "\n" }.count == 1 && text.utf8.count < 16 << 10)
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ForeignText.prints($0) })
      let entry = try #require(try Self.lines(directory.path("audit.jsonl")).first)
      #expect(entry.details.count == 20 && entry.at == "2026-11-22T10:00:00.000Z" && entry.actor.token == "ci")
    }
  }

  @Test("names of parameters that are equal as they are written are all kept")
  func equalNames() {
    let long = String(repeating: "x", count: 60)
    let details = [
      "a\u{1}": "1", "a\u{2}": "2", "a?": "3", "0 a?": "4", "1 a?": "5", long + "1": "6", long + "2": "7",
      "\u{202e}": "8",
    ]
    let entry = AuditEntry(order: .known(.feature), details: details, actor: AuditActor(), outcome: .done)
    #expect(entry.details.values.sorted() == ["1", "2", "3", "4", "5", "6", "7", "8"], "\(entry.details)")
    #expect(entry.details["a?"] == "3")
  }

  @Test("files are rotated, five are kept, and the newest line is in the first")
  func rotation() async throws {
    try await Self.with(fileBytes: 2_000) { log, directory in
      for index in 0..<200 {
        await log.record(
          AuditEntry(
            order: .known(.feature), details: ["n": "\(index)"], actor: AuditActor(uid: 0, pid: 1), outcome: .done))
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      #expect(names == ["audit.1.jsonl", "audit.2.jsonl", "audit.3.jsonl", "audit.4.jsonl", "audit.jsonl"])
      var expected = 199
      for number in 0..<AuditLog.files {
        let path = directory.path(AuditLog.name(of: number))
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? .max
        #expect(size <= 2_000)
        for entry in try Self.lines(path).reversed() {
          #expect(entry.details["n"] == "\(expected)")
          expected -= 1
        }
      }
    }
  }

  @Test("refusals beyond sixty a minute are counted, and orders that were done are all written")
  func refusals() async throws {
    try await Self.with { log, directory in
      for _ in 0..<500 {
        await log.record(AuditEntry(order: .known(.token), actor: AuditActor(), outcome: .refused, code: "x"))
      }
      for _ in 0..<70 { await log.record(AuditEntry(order: .known(.trash), actor: AuditActor(), outcome: .done)) }
      let lines = try Self.lines(directory.path("audit.jsonl"))
      #expect(lines.filter { $0.outcome == .refused }.count == 60 && lines.filter { $0.outcome == .done }.count == 70)
    }
  }

  @Test("orders that come at once are each a whole line")
  func atOnce() async throws {
    try await Self.with(fileBytes: 4_000) { log, directory in
      await withDiscardingTaskGroup { group in
        for index in 0..<50 {
          group.addTask {
            await log.record(
              AuditEntry(order: .known(.feature), details: ["n": "\(index)"], actor: AuditActor(), outcome: .done))
          }
        }
      }
      var seen: Set<String> = []
      for number in 0..<AuditLog.files {
        let path = directory.path(AuditLog.name(of: number))
        guard FileManager.default.fileExists(atPath: path) else { continue }
        for entry in try Self.lines(path) { seen.insert(entry.details["n"] ?? "") }
      }
      #expect(seen.count == 50)
    }
  }
}
