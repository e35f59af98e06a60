import Glibc

/// A child in a process group of its own, from its start to the collection of its exit status. Used from one thread.
///
/// By `posix_spawn` and not by swift-subprocess, which was measured first: it is fast enough (1.1 ms for `/bin/true`
/// against 0.6 ms), but it sees the end of a child on the cooperative pool. The thread that waits here is not of that
/// pool, and while others keep the pool busy an exit status arrived seconds late: "not a repository" became "lost
/// connection", and a killed child was still there. Also, its `clone3` copies the page tables of a process that has
/// gigabytes mapped; `posix_spawn` shares them.
///
/// When this object goes away the whole group has been killed and the child collected, unless the kernel cannot end it
/// (a file system that hangs): then a zombie stays until we end.
package final class ChildGroup {
  /// How a child came to its end.
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signaled(Int32)

    /// In words.
    package var text: String {
      switch self {
      case .exited(let status): "exit status \(status)"
      case .signaled(let number): "signal \(number)"
      }
    }
  }

  /// How long a child that was killed is waited for.
  private static let killWait = Duration.seconds(2)

  private let processID: pid_t
  private var isCollected = false

  /// Starts a child.
  ///
  /// - Parameters:
  ///   - path: of the program, with a slash.
  ///   - encoding: the bytes of an argument: for paths that are not UTF-8.
  ///   - descriptors: become the child's standard input, output and error, in this order. They stay open here; all other
  ///     descriptors of ours are expected to be closed on exec.
  /// - Throws: `SpawnFailure` when it cannot be started.
  package init(
    path: String, arguments: [String], environment: [String: String], descriptors: [Int32],
    encoding: (String) -> [UInt8] = { Array($0.utf8) }
  ) throws(SpawnFailure) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // `git upload-pack` has children of its own, which must go with it. Signals that we ignore are not ignored there.
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)

    var argumentPointers = ([path] + arguments).map { argument in
      (encoding(argument) + [0]).withUnsafeBytes { bytes in
        bytes.baseAddress.flatMap { strdup($0.assumingMemoryBound(to: CChar.self)) }
      }
    }
    argumentPointers.append(nil)
    var environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var processID: pid_t = 0
    let status = posix_spawn(&processID, path, &actions, &attributes, &argumentPointers, &environmentPointers)
    guard status == 0 else { throw SpawnFailure(code: status) }
    self.processID = processID
  }

  deinit { kill() }

  /// Waits for the end without collecting it; `nil` when it has not come by then, or the flag was raised.
  ///
  /// Asks again and again, because Glibc's module has no `pidfd_open`; mostly once, for the end of the child's output
  /// comes less than a millisecond before its end.
  package func ending(by deadline: Deadline, cancellation: CancellationFlag) -> Ending? {
    precondition(!isCollected, "a child that was killed is not waited for")
    var pause: Int32 = 1
    while true {
      var information = siginfo_t()
      let status = waitid(P_PID, id_t(processID), &information, WEXITED | WNOHANG | WNOWAIT)
      if status == 0, information.si_signo == SIGCHLD {
        let code = information._sifields._sigchld.si_status
        return information.si_code == CLD_EXITED ? .exited(code) : .signaled(code)
      }
      guard !deadline.hasPassed, !cancellation.isRaised else { return nil }
      poll(nil, 0, min(pause, deadline.pollTimeoutMilliseconds))
      pause = min(pause * 2, 20)
    }
  }

  /// Collects a child that has ended, and lets those live that it left behind in its group: for programs that go on in the
  /// background on purpose.
  package func releaseDescendants() {
    guard !isCollected else { return }
    isCollected = true
    waitpid(processID, nil, WNOHANG)
  }

  /// Kills what is left of the group and collects the child. Calling it twice does nothing more.
  package func kill() {
    guard !isCollected else { return }
    // Not collected, so the number is still that of our group. It only reads the repository: nothing is lost.
    Glibc.kill(-processID, SIGKILL)
    _ = ending(by: .after(Self.killWait), cancellation: CancellationFlag())
    isCollected = true
    waitpid(processID, nil, WNOHANG)
  }
}

/// A child could not be started.
package struct SpawnFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// errno of the call.
  package let code: Int32

  package var description: String { "start a program: \(String(cString: strerror(code)))" }
}
