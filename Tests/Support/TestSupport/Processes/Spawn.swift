@preconcurrency import Glibc
import WorkerPool

/// posix_spawn with everything set: a parallel test process must not leak descriptors or signal masks into a child.
enum Spawn {
  /// Starts a child that leads its own process group and has the given descriptors as 0, 1, 2, … and no others.
  static func start(
    _ commandLine: [String], environment: [String: String], directory: String?, descriptors: [Int32]
  ) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Sources may lie among the targets, and dup2 onto itself would leave close-on-exec set: copy all out of the way first.
    let aside = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
    defer { for copy in aside where copy >= 0 { close(copy) } }
    for (target, source) in aside.enumerated() {
      guard source >= 0 else { throw TestSupportError.systemCall("fcntl", on: commandLine[0], number: errno) }
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    _ = GlibcOnly.closeFrom(&actions, Int32(descriptors.count))
    if let directory { _ = GlibcOnly.changeDirectory(&actions, directory) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var arguments = commandLine.map { strdup($0) } + [nil]
    var variables = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var processID: pid_t = 0
    let status = posix_spawnp(&processID, commandLine[0], &actions, &attributes, &arguments, &variables)
    guard status == 0 else { throw TestSupportError.systemCall("posix_spawn", on: commandLine[0], number: status) }
    return processID
  }

  /// Blocks until the child has ended and notes how.
  static func awaitEnd(of processID: Int32, started: ContinuousClock.Instant, into state: Monitor<ChildProcess.State>) {
    var information = siginfo_t()
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    let duration = ContinuousClock.now - started
    // Ended but not yet collected: its id is still taken. Collecting happens under the lock that senders of signals hold.
    state.with { state in
      var status: Int32 = 0
      var usage = rusage()
      while wait4(processID, &status, 0, &usage) < 0, errno == EINTR {}
      let signal = status & 0x7F
      state.end = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
      state.isReaped = true
      state.duration = duration
      state.peakMemoryBytes = usage.ru_maxrss * 1024
      state.processorTime = Self.duration(usage.ru_utime) + Self.duration(usage.ru_stime)
    }
  }

  private static func duration(_ time: timeval) -> Duration {
    .seconds(time.tv_sec) + .microseconds(time.tv_usec)
  }
}
