/// Server programs that cannot outlive the tests.
///
/// They run under a shell that waits for the end of its input, which the test process holds open, and then ends their whole
/// process group: so they end with `stop()`, with the value, and with the test process, even when that one is killed.
final class Leash: Sendable {
  private let shell: ChildProcess

  /// Starts the programs together; when one of them ends, all do.
  ///
  /// - Parameter programs: shell command lines, quoted by the caller; descriptors 3 and up are those handed over.
  init(_ programs: [String], environment: [String: String], directory: String, descriptors: [Int32]) throws {
    // The shells outlive a SIGTERM to the group, so that each server is collected by its own parent.
    let background = programs.map { "{ trap : TERM; \($0); kill -TERM 0; } </dev/null &" }.joined(separator: "\n")
    let script = """
      trap : TERM
      \(background)
      exec \(Self.closing(descriptors.count))
      cat >/dev/null
      kill -TERM 0
      wait
      """
    shell = try ChildProcess(
      "sh", ["-c", script], environment: environment, directory: directory, input: .heldOpen, descriptors: descriptors)
  }

  var isRunning: Bool { shell.isRunning }
  /// What the programs printed to standard error.
  var errors: String { shell.errorsSoFar }

  func stop() {
    shell.endInput()
    // What does not end by itself is killed by `outcome`, and there is nothing left to do about a failure.
    _ = try? shell.outcome(within: .seconds(3)) as ProcessOutcome
  }

  /// The shell itself must not keep the listeners open when a server has gone.
  private static func closing(_ count: Int) -> String {
    (0..<count).map { "\($0 + 3)<&-" }.joined(separator: " ")
  }
}
