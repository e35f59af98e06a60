import DurableFiles
import Foundation
import Glibc
import Mirroring
import SystemPackage
import TestSupport
import Testing

/// Real processes, ended by SIGKILL within each phase of a run: before, in and after every change of the file system.
@Suite struct KillTests {
  static let phases: [MirrorPhase] = [
    .spooling, .indexing, .publishingPack, .journaling, .folding, .changingRefs, .changingHead, .finishing,
  ]
  private static let killsPerPhase = 50

  @Test("runs killed in one phase leave a sound copy, which the next run completes", arguments: phases)
  func survives(_ phase: MirrorPhase) async throws {
    let fixture = try PowerLossScenario.ground()
    let disk = try MemoryDirectory("remora-kill")
    let scenarios = try await OwnThread.run {
      try KillScenario.all.map { try KillScenario($0, fixture, in: disk.path) }
    }
    // Every moment of every kind of run; where there are too few, the first ones a second time, too many, evenly fewer.
    let all = scenarios.flatMap { scenario in
      (1...max(1, scenario.moments[phase] ?? 0)).filter { $0 <= scenario.moments[phase] ?? 0 }.map { (scenario, $0) }
    }
    try #require(!all.isEmpty)
    let step = max(1.0, Double(all.count) / Double(Self.killsPerPhase))
    // Two at a time: each is a process that starts, dies, and leaves something to look at.
    let tally = try await withThrowingTaskGroup(of: [String: Int].self) { group in
      for worker in 0..<2 {
        group.addTask {
          var tally: [String: Int] = [:]
          for number in stride(from: worker, to: Self.killsPerPhase, by: 2) {
            let (scenario, moment) = all[Int(Double(number) * step) % all.count]
            let copy = disk.path.appending("\(number)/copy.git")
            try await kill(scenario, fixture, copy, KillPoint(phase: phase.rawValue, moment: moment))
            let found = try await OwnThread.run { try Self.judge(copy, scenario, fixture) }
            tally[found, default: 0] += 1
            try RealFileSystem().removeTree(copy.removingLastComponent())
          }
          return tally
        }
      }
      return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
    print("killed while \(phase.rawValue): \(tally.values.reduce(0, +)) of \(all.count) moments; \(tally)")
    #expect(tally.values.reduce(0, +) >= Self.killsPerPhase)
  }

  /// Lays the copy and kills a run into it at a moment; at an earlier one where the run has fewer of them than the run in
  /// which they were counted: in how many pieces a pack comes is the machine's affair.
  private func kill(_ scenario: KillScenario, _ fixture: CrashFixture, _ copy: FilePath, _ point: KillPoint)
    async throws
  {
    for moment in (1...point.moment).reversed() {
      try KillScenario.lay(scenario.template, at: copy)
      let point = KillPoint(phase: point.phase, moment: moment)
      if try await killRun(of: fixture.source.path, into: copy, at: point) { return }
      try RealFileSystem().removeTree(copy.removingLastComponent())
    }
    throw TestSupportError("no run comes to the phase \(point.phase)")
  }

  /// - Returns: false when the run came to its end, because it had no such moment.
  private func killRun(of source: String, into copy: FilePath, at point: KillPoint) async throws -> Bool {
    let (path, ended) = (copy.string, Self.endedAlive)
    let result = await #expect(processExitsWith: .failure) {
      [source = source as String, path = path as String, point = point as KillPoint, ended = ended as CInt] in
      _ = try await OwnThread.run {
        try KillScenario.run(source, into: FilePath(path), KillSwitch(point)).status
      }
      exit(ended)
    }
    let status = try #require(result).exitStatus
    #expect(status == .signal(SIGKILL) || status == .exitCode(ended))
    return status == .signal(SIGKILL)
  }

  /// The exit code of a process that was not killed.
  private static let endedAlive: CInt = 75

  /// - Returns: what the killed run left.
  private static func judge(_ copy: FilePath, _ scenario: KillScenario, _ fixture: CrashFixture) throws -> String {
    let new = try CopySnapshot(of: FilePath(fixture.source.path))
    var found = "nothing"
    if try RealFileSystem().status(of: copy) != nil {
      let snapshot = try CopySnapshot(of: copy)
      if snapshot == new {
        found = "new"
      } else if snapshot == scenario.old {
        found = "old"
      } else if snapshot.refs == new.refs, snapshot.head == scenario.old?.head {
        found = "new refs with old HEAD"
      } else {
        throw TestSupportError("neither old nor new: \(snapshot)")
      }
      try CopySoundness.requireReachable(copy)
      let complaints = try GitCommand().fsck(copy.string, connectivityOnly: true)
      guard complaints.isEmpty else { throw TestSupportError("git fsck: \(complaints)") }
    } else {
      guard scenario.old == nil else { throw TestSupportError("the copy is gone") }
    }
    try fixture.bring(copy, to: new)
    return found
  }
}
