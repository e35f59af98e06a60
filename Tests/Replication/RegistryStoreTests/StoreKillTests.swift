import Foundation
import Replication
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Real processes, ended by SIGKILL within each part of a state directory's life: before and after every change, and in the
/// middle of each write.
@Suite("State directory and SIGKILL")
struct StoreKillTests {
  /// 50 with `REMORA_LONG_TESTS=1`: each starts a process.
  private static let killsPerPart = ProcessInfo.processInfo.environment["REMORA_LONG_TESTS"] == "1" ? 50 : 8

  /// All parts as one, with folds that run beside the changes.
  private static let unordered = "anything, folds beside changes"

  /// Runs the workload in `root`, and writes what was acknowledged into a file there.
  static func live(_ root: FilePath, _ trigger: KillTrigger, isOrderly: Bool) throws {
    let ledger = try FileDescriptor.open(
      root.appending("promises"), .writeOnly, options: [.create, .append], permissions: FilePermissions(rawValue: 0o600)
    )
    var life = StoreFixture(
      files: WatchedFileSystem { _, _, _ in trigger.pass() }, directory: root.appending("state"),
      note: { promises in
        let values = promises.values.map { "\($0.key)=\($0.value.map(String.init).joined(separator: ","))" }
        try ledger.writeAll("\(promises.highestNumber);\(values.joined(separator: ";"))\n".utf8)
      })
    life.isOrderly = isOrderly
    if isOrderly { life.enter = { trigger.enter($0) } }
    try life.live()
  }

  private static func promises(_ root: FilePath) throws -> StoreFixture.Promises {
    let text = (try? String(contentsOfFile: root.appending("promises").string, encoding: .utf8)) ?? ""
    var promises = StoreFixture.Promises()
    guard let words = text.split(separator: "\n").last?.split(separator: ";"), let first = words.first else {
      return promises
    }
    promises.highestNumber = try #require(UInt64(first))
    for word in words.dropFirst() {
      let parts = word.split(separator: "=")
      promises.values[String(parts[0])] = Set(parts[1].split(separator: ",").compactMap { UInt64($0) })
    }
    return promises
  }

  @Test(
    "a state directory whose process is killed keeps every change that was acknowledged",
    arguments: StoreFixture.parts + [unordered])
  func survives(_ argument: String) async throws {
    let isOrderly = argument != Self.unordered
    let part = isOrderly ? argument : ""
    let memory = try MemoryDirectory("remora-kill")
    let counted = memory.path.appending("counted")
    try FileManager.default.createDirectory(atPath: counted.string, withIntermediateDirectories: true)
    let trigger = KillTrigger()
    try await OwnThread.run { try Self.live(counted, trigger, isOrderly: isOrderly) }
    // Beside changes a fold may find less to do, and a later one fewer moments.
    let moments = (trigger.moments[part] ?? 0) * (isOrderly ? 4 : 3) / 4
    try #require(moments > 0)
    for kill in 0..<Self.killsPerPart {
      let root = memory.path.appending("\(kill)")
      try FileManager.default.createDirectory(atPath: root.string, withIntermediateDirectories: true)
      let moment = 1 + kill * moments / Self.killsPerPart % moments
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [
          root = root.string as String, part = part as String, moment = moment as Int,
          isOrderly = isOrderly as Bool
        ] in
        try await OwnThread.run {
          try Self.live(FilePath(root), KillTrigger(part: part, moment: moment), isOrderly: isOrderly)
        }
      }
      try await OwnThread.run { try StoreFixture.judge(root.appending("state"), try Self.promises(root)) }
    }
    print("state directory, killed while \(argument): \(Self.killsPerPart) at \(moments) moments")
  }
}
