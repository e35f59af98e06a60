import EventLog
import Foundation
import Glibc
import Replication
import SystemPackage
import TestSupport
import Testing

/// Real processes, ended by SIGKILL within each part of a log's life: before and after every change, and in the
/// middle of each write.
@Suite("Event log and SIGKILL")
struct EventLogKillTests {
  /// 50 with `REMORA_LONG_TESTS=1`: each starts a process.
  private static let killsPerPart = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1" ? 50 : 8

  /// Runs the workload in `root`, and writes what was acknowledged into a file there.
  static func live(_ root: FilePath, _ trigger: KillTrigger) throws {
    let ledger = try FileDescriptor.open(
      root.appending("promises"), .writeOnly, options: [.create, .append], permissions: FilePermissions(rawValue: 0o600)
    )
    var life = LogCrashFixture(
      files: WatchedFileSystem { _, _, _ in trigger.pass() }, directory: root.appending("events"),
      note: { promises in
        let ids = promises.published.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        try ledger.writeAll("\(promises.prunable) \(promises.acknowledged) \(ids)\n".utf8)
      })
    life.enter = { trigger.enter($0) }
    try life.live()
  }

  private static func promises(_ root: FilePath) throws -> LogCrashFixture.Promises {
    let text = (try? String(contentsOfFile: root.appending("promises").string, encoding: .utf8)) ?? ""
    var promises = LogCrashFixture.Promises()
    guard let words = text.split(separator: "\n").last?.split(separator: " "), words.count >= 2 else {
      return promises
    }
    promises.prunable = UInt64(words[0]) ?? 0
    promises.acknowledged = UInt64(words[1]) ?? 0
    for word in words.dropFirst(2) {
      let parts = word.split(separator: "=")
      promises.published[UInt64(parts[0]) ?? 0] = String(parts[1])
    }
    return promises
  }

  @Test("a log whose process is killed keeps every event that was acknowledged", arguments: LogCrashFixture.parts)
  func survives(_ part: String) async throws {
    let memory = try MemoryDirectory("remora-kill")
    let counted = memory.path.appending("counted")
    try FileManager.default.createDirectory(atPath: counted.string, withIntermediateDirectories: true)
    let trigger = KillTrigger()
    try await OwnThread.run { try Self.live(counted, trigger) }
    let moments = trigger.moments[part] ?? 0
    try #require(moments > 0)
    for kill in 0..<Self.killsPerPart {
      let root = memory.path.appending("\(kill)")
      try FileManager.default.createDirectory(atPath: root.string, withIntermediateDirectories: true)
      let moment = 1 + kill * moments / Self.killsPerPart % moments
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [root = root.string as String, part = part as String, moment = moment as Int] in
        try await OwnThread.run { try Self.live(FilePath(root), KillTrigger(part: part, moment: moment)) }
      }
      try await OwnThread.run { try LogCrashFixture.judge(root.appending("events"), try Self.promises(root)) }
    }
    print("event log, killed while \(part): \(Self.killsPerPart) at \(moments) moments")
  }
}
