import Foundation
import TestSupport
import Testing

@Suite("Ctrl-C")
struct InterruptionTests {
  @Test(
    "in a slow transfer ends the run at once with 130 and the copy as it was", arguments: [SIGINT, SIGTERM, SIGHUP],
    [true, false])
  func slowTransfer(signal: Int32, isFirstCopy: Bool) async throws {
    try await withCommandFixture { bench in
      if !isFirstCopy { try await bench.mirror() }
      let before = isFirstCopy ? [:] : try bench.contentsOfCopy()
      try bench.source.change { builder in
        builder.branch("big", at: builder.commit(["big": .random(3_000_000, seed: 5)]))
        builder.deleteRef("refs/pull/1/head")
      }
      let server = try GitHTTPServer(root: bench.root)
      let proxy = try FaultProxy(to: server.port, otherwise: [.passResponses(2), .passBytes(300_000), .stall])
      let url = "http://127.0.0.1:\(proxy.port)/source.git"
      let arguments = isFirstCopy ? ["mirror", url, bench.copy] : ["mirror", url, bench.copy, "--adopt"]
      let run = try RemoraBinary.start(arguments)
      let isUnderWay = try await OwnThread.run { run.waitUntil { proxy.bytes.toClient > 250_000 } }
      try #require(isUnderWay, "\(run.errorsSoFar)")
      let sent = ContinuousClock.now
      run.send(signal: signal)
      let outcome: ProcessOutcome = try await run.outcome()
      // The signal ended it, not the minute of silence after which it would have given up. (Alone on a machine it takes
      // some 20 ms; beside a hundred other tests on two cores, seconds.)
      #expect(ContinuousClock.now - sent < .seconds(30))
      #expect(outcome.status == 130)
      if isFirstCopy {
        #expect(try TemporaryDirectory.files(below: bench.directory.path).allSatisfy { $0.hasPrefix("served/") })
      } else {
        let after = try bench.contentsOfCopy()
        for name in before.keys.sorted() where name != "remora/lock" {
          #expect(after[name] == before[name], "\(name)")
        }
        #expect(try GitCommand().fsck(bench.copy) == [])
      }
      let next = try await bench.remora("mirror", server.url("source.git"), bench.copy, "--adopt")
      #expect(next.isSuccess, "\(next.errorText)")
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
      #expect(try TemporaryDirectory.leftovers(below: bench.directory.path) == [])
      #expect(!FileManager.default.fileExists(atPath: "\(bench.copy)/remora/staging"))
    }
  }

  @Test("within a list ends every job at once with 130, the copies as they were, no child left")
  func list() async throws {
    try await withCommandFixture { bench in
      // The copies of two jobs are there already, that of the third is not.
      let copies = ["one", "two"].map { bench.directory.path("copies/\($0)") }
      for copy in copies {
        #expect(try await bench.remora("mirror", bench.source.path, copy).isSuccess)
      }
      let before = try bench.contents(below: bench.directory.path("copies"))
      try bench.source.change { builder in
        builder.branch("big", at: builder.commit(["big": .random(3_000_000, seed: 6)]))
        builder.deleteRef("refs/pull/1/head")
      }
      let server = try GitHTTPServer(root: bench.root)
      let proxy = try FaultProxy(to: server.port, otherwise: [.passResponses(2), .passBytes(300_000), .stall])
      let git = try SilentGit(in: bench.directory)
      let url = "http://127.0.0.1:\(proxy.port)/source.git"
      // The last line is still waiting for a place when the signal comes.
      let list = try bench.directory.write(
        "\(url) one\n\(url) three\n\(bench.source.path) two\n\(url) four\n", to: "list")
      let run = try RemoraBinary.start(
        ["mirror", "--list", list, "--into", bench.directory.path("copies"), "--jobs", "3", "--adopt"],
        environment: ["PATH": git.searchPath])
      let isUnderWay = try await OwnThread.run {
        run.waitUntil { proxy.bytes.toClient > 500_000 && !git.processes.isEmpty }
      }
      try #require(isUnderWay, "\(proxy.bytes.toClient) bytes, children \(git.processes): \(run.errorsSoFar)")
      let sent = ContinuousClock.now
      run.send(signal: SIGINT)
      let outcome: ProcessOutcome = try await run.outcome()
      #expect(ContinuousClock.now - sent < .seconds(30))
      #expect(outcome.status == 130, "\(outcome.errorText)")
      #expect(git.processes.count == 1)
      #expect(git.processes.allSatisfy { kill($0, 0) != 0 && errno == ESRCH })
      let after = try bench.contents(below: bench.directory.path("copies"))
      for name in Set(before.keys).union(after.keys).sorted() where !name.hasSuffix("/remora/lock") {
        #expect(after[name] == before[name], "\(name)")
      }
      for copy in copies { #expect(try GitCommand().fsck(copy) == []) }
    }
  }
}

/// A program `git` that prints nothing and never ends, and records the process ids that it was started with.
private struct SilentGit {
  private let record: String
  private let directory: String

  init(in directory: TemporaryDirectory) throws {
    record = directory.path("git-processes")
    let program = try directory.write("#!/bin/sh\necho $$ >> '\(record)'\nexec sleep 600\n", to: "silent/git")
    self.directory = (program as NSString).deletingLastPathComponent
    chmod(program, 0o755)
  }

  var searchPath: String { "\(directory):/usr/local/bin:/usr/bin:/bin" }

  var processes: [pid_t] {
    guard let text = FileManager.default.contents(atPath: record) else { return [] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { pid_t($0) }
  }
}
