import Foundation
import TestSupport
import Testing

/// Restoring with a process that dies, and on a disk that is full: all of it is there or nothing, and the copy is only read.
@Suite("remora restore, interrupted")
struct RestoreFaultTests {
  /// A copy with a history: what is restored is not what it is now.
  private static func withHistory(
    _ body: (Workbench, _ before: [String: String], _ moment: String) async throws -> Void
  )
    async throws
  {
    try await withWorkbench { builder, parent in
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

  private static func leftovers(_ bench: Workbench, _ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: bench.directory.path(directory))
  }

  @Test("killed at any time it leaves the whole repository or none, and the next one makes it")
  func killed() async throws {
    try await Self.withHistory { bench, before, moment in
      let copied = try bench.contentsOfCopy()
      try FileManager.default.createDirectory(
        atPath: bench.directory.path("restored"), withIntermediateDirectories: false)
      let into = bench.directory.path("restored/project.git")
      let arguments = ["restore", bench.copy, "--at", moment, "--into", into, "--json"]
      var (whole, none) = (0, 0)
      for number in 0..<24 {
        let process = try RemoraBinary.start(arguments)
        try await Task.sleep(for: .milliseconds(4 * number))
        process.kill()
        _ = try await process.outcome()
        if FileManager.default.fileExists(atPath: into) {
          whole += 1
          #expect(try GitCommand().refs(into) == before)
          #expect(try GitCommand().fsck(into) == [])
          try FileManager.default.removeItem(atPath: into)
        } else {
          none += 1
        }
        #expect(try Self.leftovers(bench, "restored").allSatisfy { $0 == ".remora-project.git" })
      }
      print("killed 24 times: \(whole) whole, \(none) not there")
      #expect(none > 0)
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
      for number in 0..<24 {
        let process = try RemoraBinary.start(arguments)
        try await Task.sleep(for: .milliseconds(4 * number))
        process.kill()
        _ = try await process.outcome()
        let refs = try GitCommand().refs(bench.source.path)
        #expect(refs == old || refs == expected)
        #expect(try GitCommand().fsck(bench.source.path) == [])
        if refs == expected { try await GitCommand(in: bench.source.path).run("update-ref", "-d", "refs/heads/saved") }
      }
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
