internal import Glibc
internal import WorkerPool

/// A child in a process group of its own, from its start to the collection of its exit status. Used from one thread.
///
/// By `posix_spawn` and not by swift-subprocess, which is fast enough (1.1 ms for `/bin/true` against 0.6 ms) but sees
/// the exit of a child on the cooperative pool: while that was busy, an exit status arrived seconds late, "not a
/// repository" became "lost connection", and a killed child was still there. Also, its `clone3` copies the page tables
/// of a process that has gigabytes mapped; `posix_spawn` shares them.
///
/// When this object goes away the whole group has been killed and the child reaped, unless the kernel cannot end it (a
/// file system that hangs): then a zombie stays until this process exits.
final class ProcessGroup {
  /// How long `kill` waits for the exit of the child.
  private static let killWait = Duration.seconds(2)

  private let processID: pid_t
  private var isReaped = false

  /// Starts a child.
  ///
  /// - Parameter descriptors: become the child's standard input, output and error, in this order. They stay open here.
  /// - Throws: `ChildFailure.failed` with "start".
  init(_ command: ChildCommand, descriptors: [Int32]) throws(ChildFailure) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // `git upload-pack` has children of its own, which must be killed with it. Signals that this process ignores are
    // not ignored there.
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)

    var argumentPointers = ([Array(command.path.utf8)] + command.arguments).map { argument in
      (argument + [0]).withUnsafeBytes { bytes in
        bytes.baseAddress.flatMap { strdup($0.assumingMemoryBound(to: CChar.self)) }
      }
    }
    argumentPointers.append(nil)
    var environmentPointers = command.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var processID: pid_t = 0
    let status = posix_spawn(&processID, command.path, &actions, &attributes, &argumentPointers, &environmentPointers)
    guard status == 0 else { throw .failed("start", status) }
    self.processID = processID
  }

  deinit { kill() }

  /// Waits for the exit without reaping the child; `nil` when the deadline passed or the flag was raised before.
  ///
  /// Polls, because Glibc's module has no `pidfd_open`. Mostly once: a child exits less than a millisecond after the
  /// end of its output.
  func ending(by deadline: Deadline, cancellation: CancellationFlag) -> Child.Ending? {
    precondition(!isReaped, "a child is waited for before it is reaped")
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

  /// Reaps a child that has exited, and leaves the other processes of its group running.
  func releaseDescendants() {
    guard !isReaped else { return }
    isReaped = true
    waitpid(processID, nil, WNOHANG)
  }

  /// Kills the remaining processes of the group and reaps the child. Calling it twice does nothing more.
  func kill() {
    guard !isReaped else { return }
    // The child was not reaped, so the number is still that of its group.
    Glibc.kill(-processID, SIGKILL)
    _ = ending(by: .after(Self.killWait), cancellation: CancellationFlag())
    isReaped = true
    waitpid(processID, nil, WNOHANG)
  }
}
