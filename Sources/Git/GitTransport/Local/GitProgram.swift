package import WorkerPool

/// The `git` of this machine, run for work on a repository of ours: long, quiet, with as much output as it likes.
///
/// It has no limit of silence, for `git pack-objects` says nothing for minutes; its deadline and the cancellation end it, and with
/// it whatever it started.
package struct GitProgram: Sendable {
  /// How a run came to its end, and what it said on its standard error.
  package struct Ending: Sendable {
    /// `nil` when the child had not ended by the deadline although it had closed its output.
    package let status: ChildGroup.Ending?
    /// One line of harmless text.
    package let complaints: String

    package var isSuccess: Bool { status == .exited(0) }
  }

  /// Why it could not be run to its end.
  package enum Failure: Error, Hashable, Sendable {
    case deadlinePassed
    /// A system call failed: what it was to do with the child, and errno.
    case failed(String, Int32)
  }

  private let path: String
  private let environment: [String: String]

  /// Finds it in `PATH`; `nil` where it is not installed.
  package init?(in environment: [String: String]) {
    guard let path = LocalUploadPack.findExecutable("git", in: environment) else { return nil }
    self.path = path
    var environment = Self.environment(from: environment)
    // `refs/replace/` substitutes objects for readers; to a copy they are refs like all others.
    environment["GIT_NO_REPLACE_OBJECTS"] = "1"
    self.environment = environment
  }

  /// Runs it and hands over its output as it comes.
  ///
  /// - Parameters:
  ///   - variables: of its environment, in addition to what it always gets.
  ///   - input: for its standard input, all of which it reads before it writes.
  /// - Throws: `Failure`, `Cancelled`, what `take` throws.
  package func run(
    _ arguments: [String], variables: [String: String] = [:], input: [UInt8] = [], deadline: Deadline,
    cancellation: CancellationFlag, take: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) throws -> Ending {
    do {
      return try converse(arguments, variables, input, deadline, cancellation, take)
    } catch let failure as ChildFailure {
      switch failure {
      case .silent, .runTimedOut: throw Failure.deadlinePassed
      case .failed(let what, let code): throw Failure.failed(what, code)
      }
    }
  }

  private func converse(
    _ arguments: [String], _ variables: [String: String], _ input: [UInt8], _ deadline: Deadline,
    _ cancellation: CancellationFlag, _ take: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Ending {
    let sockets = try ChildSockets(silence: Self.forever, deadline: deadline, cancellation: cancellation)
    defer { sockets.close() }
    let process = try ChildGroup(
      starting: path, arguments, environment.merging(variables) { $1 }, sockets)
    defer { process.kill() }
    try input.withUnsafeBytes { try sockets.write($0) }
    sockets.endInput()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 1)
    defer { buffer.deallocate() }
    while true {
      let count = try sockets.read(into: buffer)
      guard count > 0 else { break }
      try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    let status = process.ending(by: deadline, cancellation: cancellation)
    try cancellation.check()
    sockets.drainErrors()
    return Ending(status: status, complaints: sockets.complaints.description)
  }

  private static let forever = Duration.seconds(365 * 24 * 3600)
  private static let bufferBytes = 256 << 10

  /// What of our environment reaches git: where programs and the user's configuration are. No `GIT_DIR` and the like, which would
  /// make it work on another repository, no `GIT_TRACE`, no `GIT_NAMESPACE`.
  private static let inherited: Set<String> = [
    "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "LD_LIBRARY_PATH", "GIT_EXEC_PATH",
    // Root by sudo may read what the user before sudo owns (git-config(1), safe.directory).
    "SUDO_UID",
  ]

  /// `GIT_CONFIG_GLOBAL`, `GIT_CONFIG_NOSYSTEM`, `GIT_CONFIG_COUNT` …: a choice of configuration is part of it.
  private static let inheritedPrefix = "GIT_CONFIG_"

  /// The environment of a git that serves or works for us.
  static func environment(from environment: [String: String]) -> [String: String] {
    var environment = environment.filter { inherited.contains($0.key) || $0.key.hasPrefix(inheritedPrefix) }
    // Its words are read by program: no translations.
    environment["LC_ALL"] = "C"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    return environment
  }
}
