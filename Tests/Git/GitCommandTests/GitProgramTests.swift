import ChildProcess
import GitCommand
import TestSupport
import Testing
import WorkerPool

@Suite("The git of this machine")
struct GitProgramTests {
  @Test("git inherits where programs and configuration are, and nothing that leads to another repository")
  func environment() {
    let ours = [
      "PATH": "/bin", "HOME": "/home", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_DIR": "/elsewhere", "GIT_TRACE": "1",
      "GIT_NAMESPACE": "n", "LC_ALL": "de_DE", "SUDO_UID": "1000", "SECRET": "s",
    ]
    var expected = [
      "PATH": "/bin", "HOME": "/home", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0",
    ]
    #expect(GitProgram.environment(from: ours, inheritsSudo: false) == expected)
    expected["SUDO_UID"] = "1000"
    #expect(GitProgram.environment(from: ours) == expected)
  }

  @Test("a run gets its input and variables, passes its output on, and returns the errors of git")
  func run() async throws {
    try await OwnThread.run {
      #expect(GitProgram(in: ["PATH": "/nonexistent"]) == nil)
      let git = try #require(GitProgram(in: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"]))
      func run(
        _ arguments: [String], variables: [String: String] = [:], input: String = ""
      ) throws -> (GitProgram.Ending, String) {
        var output: [UInt8] = []
        let ending = try git.run(
          arguments, variables: variables, input: Array(input.utf8), deadline: .after(.seconds(60)),
          cancellation: CancellationFlag()
        ) { output += $0 }
        return (ending, String(decoding: output, as: UTF8.self))
      }
      let (hashed, oid) = try run(["hash-object", "--stdin"], input: "x")
      #expect(hashed.isSuccess && oid.count == 41)
      let author = ["GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b"]
      let (_, name) = try run(["var", "GIT_AUTHOR_IDENT"], variables: author)
      #expect(name.hasPrefix("A <a@b>"))
      let (failed, _) = try run(["--git-dir=/nonexistent", "rev-parse", "HEAD"])
      #expect(!failed.isSuccess && failed.errorText.contains("not a git repository"))
    }
  }

  @Test("a run ends at its deadline and when it is cancelled")
  func bounds() async throws {
    try await OwnThread.run {
      let git = try #require(GitProgram(in: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"]))
      let wait = ["-c", "alias.wait=!sleep 1000", "wait"]
      #expect(throws: ChildFailure.runTimedOut) {
        try git.run(wait, deadline: .after(.milliseconds(200)), cancellation: CancellationFlag())
      }
      let flag = CancellationFlag()
      flag.raise()
      #expect(throws: Cancelled.self) { try git.run(wait, deadline: .after(.seconds(60)), cancellation: flag) }
    }
  }
}
