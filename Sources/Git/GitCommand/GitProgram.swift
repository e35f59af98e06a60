internal import ChildProcess
internal import GitValues
package import WorkerPool

/// The `git` of this machine, run for work on a repository of ours: long, quiet, with output of any size.
///
/// It has no limit of silence, for `git pack-objects` writes nothing for minutes. Its deadline and the cancellation end
/// it and all processes that it started.
package struct GitProgram: Sendable {
  /// How a run ended, and its standard error.
  package struct Ending: Sendable {
    package let isSuccess: Bool
    /// One line of sanitised text.
    package let errorText: String
  }

  private let path: String
  private let environment: [String: String]

  private static let forever = Duration.seconds(365 * 24 * 3600)
  private static let bufferBytes = 256 << 10

  /// Finds it in `PATH`; `nil` where it is not installed.
  package init?(in environment: [String: String]) {
    guard let path = ChildCommand.find("git", in: environment) else { return nil }
    self.path = path
    var environment = Self.environment(from: environment)
    // `refs/replace/` substitutes objects for readers; in a copy these are refs like all others.
    environment["GIT_NO_REPLACE_OBJECTS"] = "1"
    self.environment = environment
  }

  /// Runs it and passes its output on as it comes.
  ///
  /// - Parameters:
  ///   - variables: of its environment, in addition to what it always gets.
  ///   - input: its standard input, all of which it reads before it writes.
  /// - Throws: `ChildFailure`, `Cancelled`, what `take` throws.
  package func run(
    _ arguments: [String], variables: [String: String] = [:], input: [UInt8] = [], deadline: Deadline,
    cancellation: CancellationFlag, take: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) throws -> Ending {
    let child = try Child(
      ChildCommand(
        path: path, arguments: arguments, environment: environment.merging(variables) { $1 }, encoding: PathText.bytes),
      limits: WaitLimits(silence: Self.forever, deadline: deadline, cancellation: cancellation))
    defer { child.abort() }
    try input.withUnsafeBytes { try child.write($0) }
    child.endInput()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 1)
    defer { buffer.deallocate() }
    while true {
      let count = try child.read(into: buffer)
      guard count > 0 else { break }
      try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    let ending = try child.ending(by: deadline)
    return Ending(isSuccess: ending == .exited(0), errorText: child.errorText.description)
  }

  /// What of our environment git inherits: where programs and the user's configuration are. No `GIT_DIR` and the like,
  /// which would make it work on another repository, no `GIT_TRACE`, no `GIT_NAMESPACE`.
  private static let inherited: Set<String> = [
    "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "LD_LIBRARY_PATH", "GIT_EXEC_PATH",
  ]

  /// `GIT_CONFIG_GLOBAL`, `GIT_CONFIG_NOSYSTEM`, `GIT_CONFIG_COUNT` …: a choice of configuration is part of it.
  private static let inheritedPrefix = "GIT_CONFIG_"

  /// The environment of a git that serves or works for us.
  ///
  /// - Parameter inheritsSudo: whether root by sudo may read what the user before sudo owns (git-config(1),
  ///   safe.directory).
  package static func environment(
    from environment: [String: String], inheritsSudo: Bool = true
  ) -> [String: String] {
    var environment = environment.filter {
      inherited.contains($0.key) || $0.key.hasPrefix(inheritedPrefix) || inheritsSudo && $0.key == "SUDO_UID"
    }
    // Its messages are parsed and logged: no translations.
    environment["LC_ALL"] = "C"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    return environment
  }
}
