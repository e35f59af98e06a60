import Foundation
import TestSupport
import Testing

/// Restoring with a process that dies, and on a disk that is full: all of it is there or nothing, and the copy is only read.
@Suite("remora restore, interrupted")
struct RestoreFaultTests {
  /// A copy with a history: what is restored is not what it is now.
  private static func withHistory(
    _ body: (CommandFixture, _ before: [String: String], _ moment: String) async throws -> Void
  )
    async throws
  {
    try await withCommandFixture { builder, parent in
      var last = parent
      for number in 0..<40 {
        last = builder.commit(["file\(number)": .random(100_000, seed: UInt64(number))], parents: [last])
      }
      builder.branch("work", at: last)
    } _: { bench in
      try await bench.mirror()
      let before = try GitCommand().refs(bench.source.path)
      let moment = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
      try bench.source.change { $0.deleteRef("refs/heads/work") }
      try await bench.mirror()
      try await body(bench, before, moment)
    }
  }

  private static func leftovers(_ bench: CommandFixture, _ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: bench.directory.path(directory))
  }

  /// How a restoration is killed.
  private enum Moment {
    /// So long after its start.
    case after(Duration)
    /// So long after its first trace on the disk.
    case afterTrace(Duration)

    /// Moments spread over more than a whole restoration, and over the time right after its first trace.
    static func all(of duration: Duration) -> [Moment] {
      (0..<16).map { .after(duration * $0 / 12) } + (0..<8).map { .afterTrace(.milliseconds($0)) }
    }
  }

  /// Starts a restoration and kills it.
  ///
  /// - Parameter hasTrace: whether it has written something.
  /// - Returns: whether it was killed before it ended.
  private static func kill(
    _ arguments: [String], at moment: Moment, hasTrace: @escaping @Sendable () -> Bool
  ) async throws -> Bool {
    let process = try RemoraBinary.start(arguments)
    switch moment {
    case .after(let pause): try await Task.sleep(for: pause)
    case .afterTrace(let pause):
      _ = try await OwnThread.run { process.waitUntil(hasTrace) }
      try await Task.sleep(for: pause)
    }
    process.kill()
    let outcome: ProcessOutcome = try await process.outcome()
    guard outcome.end != .killed(signal: SIGKILL) else { return true }
    #expect(outcome.isSuccess, "\(outcome.errorText)")
    return false
  }

  @Test("killed at any time it leaves the whole repository or none, and the next one makes it")
  func killed() async throws {
    try await Self.withHistory { bench, before, moment in
      let copied = try bench.contentsOfCopy()
      try FileManager.default.createDirectory(
        atPath: bench.directory.path("restored"), withIntermediateDirectories: false)
      let into = bench.directory.path("restored/project.git")
      let growing = bench.directory.path("restored/.remora-project.git")
      let arguments = ["restore", bench.copy, "--at", moment, "--into", into, "--json"]
      let alone = try await RemoraBinary.run(arguments)
      #expect(alone.isSuccess, "\(alone.errorText)")
      try FileManager.default.removeItem(atPath: into)
      var (whole, none, unfinished) = (0, 0, 0)
      for moment in Moment.all(of: alone.duration) {
        // Else the trace may be that of the one before, which the spread moments leave to the next one.
        if case .afterTrace = moment, access(growing, F_OK) == 0 { try FileManager.default.removeItem(atPath: growing) }
        let wasKilled = try await Self.kill(arguments, at: moment) { access(growing, F_OK) == 0 }
        if FileManager.default.fileExists(atPath: into) {
          whole += 1
          #expect(try GitCommand().refs(into) == before)
          #expect(try GitCommand().fsck(into) == [])
          try FileManager.default.removeItem(atPath: into)
        } else {
          none += 1
          #expect(wasKilled)
          if case .afterTrace = moment { unfinished += 1 }
        }
        #expect(try Self.leftovers(bench, "restored").allSatisfy { $0 == ".remora-project.git" })
      }
      print("killed: \(whole) whole, \(none) not there, \(unfinished) of them while it was made")
      #expect(unfinished > 0, "no kill hit a restoration that had begun")
      #expect(try await RemoraBinary.run(arguments).isSuccess)
      #expect(try GitCommand().refs(into) == before)
      #expect(try Self.leftovers(bench, "restored") == ["project.git"])
      #expect(try bench.contentsOfCopy() == copied)
    }
  }

  @Test("killed at any time it leaves a repository that a ref is restored into as it was, or with the ref")
  func killedRef() async throws {
    try await Self.withHistory { bench, before, moment in
      let arguments = [
        "restore", bench.copy, "--ref", "work", "--at", moment, "--as", "saved", "--into", bench.source.path,
      ]
      let old = try GitCommand().refs(bench.source.path)
      var expected = old
      expected["refs/heads/saved"] = before["refs/heads/work"]
      let objects = "\(bench.source.path)/objects"
      let traces: @Sendable () -> Int = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: objects)) ?? []
        return names.count { $0.hasPrefix("remora-restore-") }
      }
      let alone = try await RemoraBinary.run(arguments)
      #expect(alone.isSuccess, "\(alone.errorText)")
      try await GitCommand(in: bench.source.path).run("update-ref", "-d", "refs/heads/saved")
      var (done, unfinished) = (0, 0)
      for moment in Moment.all(of: alone.duration) {
        let left = traces()
        let wasKilled = try await Self.kill(arguments, at: moment) { traces() > left }
        let refs = try GitCommand().refs(bench.source.path)
        #expect(refs == old || refs == expected)
        #expect(try GitCommand().fsck(bench.source.path) == [])
        if refs == expected {
          done += 1
          try await GitCommand(in: bench.source.path).run("update-ref", "-d", "refs/heads/saved")
        } else {
          #expect(wasKilled)
          // Objects that it was bringing.
          if traces() > left { unfinished += 1 }
        }
      }
      print("killed: \(done) with the ref, \(unfinished) while its objects came")
      #expect(unfinished > 0, "no kill hit a restoration that had begun")
      #expect(try await RemoraBinary.run(arguments).isSuccess)
      #expect(try GitCommand().refs(bench.source.path) == expected)
    }
  }

  @Test(
    "on a disk that is full nothing is made, and it says so", .enabled(if: SmallDisk.isPossible),
    arguments: ["project.git", "saved.bundle"])
  func fullDisk(name: String) async throws {
    try await Self.withHistory { bench, before, moment in
      try FileManager.default.createDirectory(atPath: bench.directory.path("disk"), withIntermediateDirectories: false)
      let disk = try SmallDisk(at: bench.directory.path("disk"), bytes: 2 << 20)
      defer { disk.unmount() }
      let into = bench.directory.path("disk/\(name)")
      let ref = name.hasSuffix(".bundle") ? ["--ref", "work", "--as", "saved"] : []
      let outcome = try await RemoraBinary.run(["restore", bench.copy, "--at", moment, "--into", into] + ref)
      #expect(outcome.status == 1, "\(outcome.text)")
      #expect(outcome.errorText.contains("no space left on device"), "\(outcome.errorText)")
      #expect(try Self.leftovers(bench, "disk").filter { $0 != "lost+found" } == [])
      #expect(try GitCommand().fsck(bench.copy) == [])
    }
  }
}
