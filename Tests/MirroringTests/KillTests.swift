import DurableFiles
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

  @Test("50 runs killed in one phase leave a sound copy, which the next run completes", arguments: phases)
  func survives(_ phase: MirrorPhase) async throws {
    let ground = try PowerLossScenario.ground()
    let disk = try MemoryDirectory("remora-kill")
    let scenarios = try await OwnThread.run {
      try KillScenario.all.map { try KillScenario($0, ground, in: disk.path) }
    }
    // Every moment of every kind of run; where there are too few, the first ones a second time, too many, evenly fewer.
    let all = scenarios.flatMap { scenario in
      (1...max(1, scenario.moments[phase] ?? 0)).filter { $0 <= scenario.moments[phase] ?? 0 }.map { (scenario, $0) }
    }
    try #require(!all.isEmpty)
    let step = max(1.0, Double(all.count) / Double(Self.killsPerPhase))
    var tally: [String: Int] = [:]
    for kill in 0..<Self.killsPerPhase {
      let (scenario, moment) = all[Int(Double(kill) * step) % all.count]
      let copy = disk.path.appending("\(kill)/copy.git")
      try KillScenario.lay(scenario.template, at: copy)
      await killRun(of: ground.source.path, into: copy.string, at: KillPoint(phase: phase.rawValue, moment: moment))
      let found = try await OwnThread.run { try Self.judge(copy, scenario, ground) }
      tally[found, default: 0] += 1
      try RealFileSystem().removeTree(copy.removingLastComponent())
    }
    print("killed while \(phase.rawValue): \(tally.values.reduce(0, +)) of \(all.count) moments; \(tally)")
    #expect(tally.values.reduce(0, +) >= Self.killsPerPhase)
  }

  private func killRun(of source: String, into copy: String, at point: KillPoint) async {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [source = source as String, copy = copy as String, point = point as KillPoint] in
      _ = try await OwnThread.run {
        try KillScenario.run(source, into: FilePath(copy), KillSwitch(point)).status
      }
    }
  }

  /// - Returns: what the killed run left.
  private static func judge(_ copy: FilePath, _ scenario: KillScenario, _ ground: CrashGround) throws -> String {
    let new = try CopySnapshot(of: FilePath(ground.source.path))
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
    try ground.bring(copy, to: new)
    return found
  }
}
