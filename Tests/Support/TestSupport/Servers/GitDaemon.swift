import Glibc

/// The real `git daemon` on 127.0.0.1, for `git://` URLs.
package final class GitDaemon: Sendable {
  package let port: UInt16
  private let leash: Leash

  /// Serves the repositories below `root`, read-only.
  package init(root: String) throws {
    // The daemon binds for itself: take a port, release it, and try another when another process was faster.
    for _ in 0..<8 {
      let port = try LoopbackSocket.unusedPort()
      let leash = try Leash(
        [
          "$(git --exec-path)/git-daemon --reuseaddr --listen=127.0.0.1 --port=\(port) --base-path='\(root)' --export-all "
            + "--informative-errors --log-destination=stderr '\(root)'"
        ],
        environment: ChildProcess.isolatedEnvironment(), directory: root, descriptors: [])
      if Self.waitUntilListening(port, leash) {
        self.port = port
        self.leash = leash
        return
      }
      leash.stop()
    }
    throw TestSupportError("git daemon did not start")
  }

  deinit { leash.stop() }

  /// Returns the URL of a repository, by its path below the root.
  package func url(_ repository: String) -> String { "git://127.0.0.1:\(port)/\(repository)" }

  package func stop() { leash.stop() }

  private static func waitUntilListening(_ port: UInt16, _ leash: Leash) -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end, leash.isRunning {
      if let descriptor = try? LoopbackSocket.connect(to: port) {  // refused: not there yet
        close(descriptor)
        return leash.isRunning
      }
      poll(nil, 0, 2)
    }
    return false
  }
}
