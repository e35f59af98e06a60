import Foundation
import TestSupport

/// grokmirror's daemon as a reference: it follows a directory of repositories and reads each push from its socket.
final class GrokDaemon {
  /// A line with the repository's path below the top level is all that it expects.
  private static let telling = """
    import socket, sys
    told = socket.socket(socket.AF_UNIX)
    told.connect(sys.argv[1])
    told.sendall((sys.argv[2] + chr(10)).encode())
    """

  private let directory: String
  private let daemon: ChildProcess

  /// Starts it and waits for its first copies.
  ///
  /// - Parameter toplevel: the repositories to follow.
  /// - Returns: `nil` where grokmirror is not installed; it comes from PyPI.
  init?(following toplevel: String, in directory: String, arena: Arena) throws {
    guard let pull = try Self.find("grok-pull", arena), let manifest = try Self.find("grok-manifest", arena) else {
      return nil
    }
    self.directory = directory
    try FileManager.default.createDirectory(atPath: "\(directory)/copies", withIntermediateDirectories: true)
    _ = try arena.runShell("'\(manifest)' -m '\(directory)/source.js.gz' -t '\(toplevel)'")
    let configuration = """
      [core]
      toplevel = \(directory)/copies
      manifest = \(directory)/copies/manifest.js.gz
      [remote]
      site = file://\(toplevel)
      manifest = file://\(directory)/source.js.gz
      [pull]
      pull_threads = 2
      refresh = 300
      socket = \(directory)/socket
      include = *

      """
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(directory)/grokmirror.conf"))
    daemon = try ChildProcess(
      pull, ["-c", "\(directory)/grokmirror.conf", "-o"], environment: GitCommand().wholeEnvironment)
    // Before its own manifest is there it has no repository.
    try wait("its first copies") { FileManager.default.fileExists(atPath: "\(directory)/copies/manifest.js.gz") }
  }

  /// Announces a push to it and waits until its copy has the commit.
  /// - Returns: how long that took, in seconds.
  func follow(_ repository: String, to commit: String, arena: Arena) throws -> Double {
    let begun = ContinuousClock.now
    _ = try arena.runShell(
      "python3 -c \"\(Self.telling)\" '\(directory)/socket' '/\(repository)'")
    try wait("the commit \(commit)") {
      try arena.runGit(["-C", "\(directory)/copies/\(repository)", "for-each-ref", "--format=%(objectname)"]).text
        .contains(commit)
    }
    return (ContinuousClock.now - begun) / .seconds(1)
  }

  func stop() throws {
    daemon.send(signal: SIGTERM)
    _ = try daemon.outcome(within: .seconds(30)) as ProcessOutcome
  }

  private func wait(_ what: String, until isDone: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !isDone() {
      guard ContinuousClock.now < deadline else { throw BenchmarkFailure("grokmirror: no sign of \(what)") }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  private static func find(_ program: String, _ arena: Arena) throws -> String? {
    let path = try arena.runShell("command -v \(program) || true").text
    return path.isEmpty ? nil : path
  }
}
