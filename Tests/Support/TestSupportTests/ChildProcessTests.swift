import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test("output, errors and the exit status come back")
  func collects() throws {
    let child = try ChildProcess("sh", ["-c", "cat; echo bad >&2; exit 3"], input: .bytes(Array("in".utf8)))
    let outcome: ProcessOutcome = try child.outcome()
    #expect(outcome.text == "in")
    #expect(outcome.errorText == "bad")
    #expect(outcome.end == .exited(3))
    #expect(outcome.peakMemoryBytes > 0)
  }

  @Test("a child that does not read its input ends neither the test nor the wait")
  func brokenPipe() throws {
    let child = try ChildProcess("true", input: .bytes([UInt8](repeating: 1, count: 1 << 20)))
    #expect(try child.outcome().isSuccess)
  }

  @Test("a megabyte goes through both ways at once")
  func bothWays() async throws {
    var generator = SeededGenerator(seed: 7)
    let bytes = generator.bytes(1 << 20)
    let outcome: ProcessOutcome = try await ChildProcess("cat", input: .bytes(bytes)).outcome()
    #expect(outcome.output == bytes)
  }

  @Test("it waits for what the child prints, and kills it there")
  func killAtAMoment() throws {
    let child = try ChildProcess("sh", ["-c", "echo ready; exec cat"], input: .heldOpen)
    #expect(child.waitUntil(printed: "ready"))
    #expect(child.isRunning)
    child.send(signal: SIGKILL)
    #expect(try child.outcome().end == .killed(signal: SIGKILL))
  }

  @Test("it waits for a file that the child makes")
  func waitsForFile() throws {
    try withTemporaryDirectory { directory in
      let child = try ChildProcess("sh", ["-c", "touch made; exec cat"], directory: directory.path, input: .heldOpen)
      #expect(child.waitUntil(fileExists: directory.path("made")))
      child.kill()
    }
  }

  @Test("a child that takes too long is killed with its group and named")
  func deadline() throws {
    let child = try ChildProcess("sh", ["-c", "cat & cat"], input: .heldOpen)
    #expect(throws: TestSupportError.self) { try child.outcome(within: .milliseconds(50)) }
    #expect(child.isRunning == false)
  }

  @Test("a child has three descriptors and the environment that it was given")
  func isolation() throws {
    let child = try ChildProcess(
      "sh", ["-c", "ls /proc/self/fd; env | grep -c HOME=/nowhere"],
      environment: [
        "PATH": "/usr/bin:/bin", "HOME": "/nowhere",
      ])
    // The fourth is the directory that ls itself reads.
    #expect(try child.outcome().text == "0\n1\n2\n3\n1")
  }

  @Test("the built program is found beside the tests")
  func builtProgram() throws {
    #expect(try BuiltProgram.remora(["--help"]).outcome().isSuccess)
    #expect(throws: TestSupportError.self) { try BuiltProgram.path("no-such-program") }
  }
}
