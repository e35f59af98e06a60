import ChildProcess
import Foundation
import TestSupport
import Testing
import WorkerPool

@Suite("A child process")
struct ChildTests {
  private static func limits(
    silence: Duration = .seconds(60), deadline: Deadline = .after(.seconds(60)),
    cancellation: CancellationFlag = CancellationFlag()
  ) -> WaitLimits {
    WaitLimits(silence: silence, deadline: deadline, cancellation: cancellation)
  }

  private static func shell(_ script: String, _ arguments: String...) -> ChildCommand {
    ChildCommand(path: "/bin/sh", arguments: ["-c", script, "sh"] + arguments, environment: ["PATH": "/usr/bin:/bin"])
  }

  private static func readAll(_ child: Child) throws -> [UInt8] {
    var (all, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1000))
    while true {
      let count = try buffer.withUnsafeMutableBytes { try child.read(into: $0) }
      guard count > 0 else { return all }
      all += buffer[..<count]
    }
  }

  /// Returns false for a process that is gone, or dead and not reaped yet by the init process.
  private static func isAlive(_ processID: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
    return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  private static func isGone(_ processID: Int32) -> Bool {
    let limit = Deadline.after(.seconds(20))
    while isAlive(processID), !limit.hasPassed { usleep(1000) }
    return !isAlive(processID)
  }

  @Test("reads its input, writes its output and its errors, and exits with a status")
  func exchange() async throws {
    try await OwnThread.run {
      let run = try ChildRun(
        Self.shell("cat; echo bad >&2; exit 3"), input: Array("in".utf8), limits: Self.limits())
      #expect(run.output == Array("in".utf8))
      #expect(run.errorText.description == "bad")
      #expect(run.errorText.contains("ba"))
      #expect(run.ending == .exited(3))
      let killed = try ChildRun(Self.shell("kill -9 $$"), limits: Self.limits())
      #expect(killed.ending == .signaled(9))
      #expect(killed.ending?.text == "signal 9")
    }
  }

  @Test("gets the arguments as the encoding gives them, and no variable but those of its environment")
  func arguments() async throws {
    try await OwnThread.run {
      let raw = ChildCommand(path: "/usr/bin/printf", arguments: ["%s", "x"], environment: [:]) { text in
        text == "x" ? [0xFF, 0xFE] : Array(text.utf8)
      }
      #expect(try ChildRun(raw, limits: Self.limits()).output == [0xFF, 0xFE])
      let environment = try ChildRun(
        ChildCommand(path: "/usr/bin/env", arguments: [], environment: ["A": "b"]), limits: Self.limits())
      #expect(environment.output == Array("A=b\n".utf8))
    }
  }

  @Test("a program is found in the absolute directories of PATH")
  func find() {
    #expect(ChildCommand.find("sh", in: ["PATH": "/nonexistent:/bin"]) == "/bin/sh")
    #expect(ChildCommand.find("sh", in: ["PATH": "bin:."]) == nil)
    #expect(ChildCommand.find("/bin/sh", in: [:]) == "/bin/sh")
    #expect(ChildCommand.find("/bin/no-such-program", in: [:]) == nil)
  }

  @Test("a program that is not there is a failure to start")
  func missing() async throws {
    _ = try await OwnThread.run {
      #expect(throws: ChildFailure.failed("start", ENOENT)) {
        try Child(ChildCommand(path: "/nonexistent", arguments: [], environment: [:]), limits: Self.limits())
      }
    }
  }

  @Test("is killed with its group after a silence, at the deadline and by cancellation", arguments: [0, 1, 2])
  func bounds(number: Int) async throws {
    try await OwnThread.run {
      let flag = CancellationFlag()
      let limits = Self.limits(
        silence: number == 0 ? .milliseconds(200) : .seconds(60),
        deadline: .after(number == 1 ? .milliseconds(200) : .seconds(60)), cancellation: flag)
      let child = try Child(Self.shell("sleep 1000 & echo $!; wait"), limits: limits)
      var buffer = [UInt8](repeating: 0, count: 100)
      let count = try buffer.withUnsafeMutableBytes { try child.read(into: $0) }
      let text = String(decoding: buffer[..<count], as: UTF8.self).trimmingCharacters(in: .newlines)
      let sleeper = try #require(Int32(text))
      if number == 2 { Thread.detachNewThread { flag.raise() } }
      do {
        _ = try Self.readAll(child)
        Issue.record("a read without a bound")
      } catch let failure as ChildFailure {
        #expect(failure == (number == 0 ? .silent(.milliseconds(200)) : .runTimedOut))
      } catch {
        #expect(error is Cancelled && number == 2)
      }
      #expect(Self.isAlive(sleeper))
      child.abort()
      #expect(Self.isGone(sleeper))
      #expect(try buffer.withUnsafeMutableBytes { try child.read(into: $0) } == 0)
    }
  }

  @Test("one that always has output ends at the deadline, one that does not read at the silence limit")
  func busy() async throws {
    try await OwnThread.run {
      let endless = try Child(
        Self.shell("while :; do echo talk; done"), limits: Self.limits(deadline: .after(.milliseconds(200))))
      #expect(throws: ChildFailure.runTimedOut) { try Self.readAll(endless) }
      let deaf = try Child(Self.shell("exec sleep 1000"), limits: Self.limits(silence: .milliseconds(200)))
      let bytes = [UInt8](repeating: 0, count: 10 << 20)
      #expect(throws: ChildFailure.silent(.milliseconds(200))) { try bytes.withUnsafeBytes { try deaf.write($0) } }
    }
  }

  @Test("keeps the beginning of a long standard error, passes on all of it, and does not block on it")
  func errors() async throws {
    try await OwnThread.run {
      nonisolated(unsafe) var passed = 0
      let child = try Child(
        Self.shell("head -c 1000000 /dev/zero | tr '\\0' x >&2; echo end"), limits: Self.limits()
      ) { passed += $0.count }
      #expect(try Self.readAll(child) == Array("end\n".utf8))
      _ = try child.ending()
      #expect(child.errorText.contains(String(repeating: "x", count: ErrorText.limit)))
      #expect(!child.errorText.contains(String(repeating: "x", count: ErrorText.limit + 1)))
      #expect(passed == 1_000_000)
    }
  }

  @Test("a child that exits before it has read its input is no error")
  func unread() async throws {
    try await OwnThread.run {
      let run = try ChildRun(
        Self.shell("echo done"), input: [UInt8](repeating: 0, count: 10 << 20), limits: Self.limits())
      #expect(run.output == Array("done\n".utf8))
      #expect(run.ending == .exited(0))
    }
  }

  @Test("a run leaves processes behind only where it is asked to")
  func descendants() async throws {
    try await OwnThread.run {
      for staysBehind in [true, false] {
        let run = try ChildRun(
          Self.shell("sleep 1000 >/dev/null 2>&1 & echo $!"), staysBehind: staysBehind, limits: Self.limits())
        let text = String(decoding: run.output, as: UTF8.self).trimmingCharacters(in: .newlines)
        let sleeper = try #require(Int32(text))
        if staysBehind {
          #expect(Self.isAlive(sleeper))
          kill(sleeper, SIGKILL)
        } else {
          #expect(Self.isGone(sleeper))
        }
      }
    }
  }

  @Test("files become its input and output")
  func files() async throws {
    try await withTemporaryDirectory { directory in
      let (input, output) = (directory.path("in"), directory.path("out"))
      try await OwnThread.run {
        try Data("text".utf8).write(to: URL(fileURLWithPath: input))
        let (from, to) = (open(input, O_RDONLY | O_CLOEXEC), open(output, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        defer { for descriptor in [from, to] { close(descriptor) } }
        let limits = Self.limits()
        let child = try Child(
          Self.shell("cat; echo bad >&2"), input: .descriptor(from), output: .descriptor(to), limits: limits)
        #expect(try child.ending(by: limits.deadline) == .exited(0))
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "textbad\n")
        let without = try Child(Self.shell("cat; echo end"), input: .nothing, limits: limits)
        #expect(try Self.readAll(without) == Array("end\n".utf8))
        // The end of the input was the end of the child.
        without.finish()
        #expect(without.isEnded)
      }
    }
  }
}
