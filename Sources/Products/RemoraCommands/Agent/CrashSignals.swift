internal import Glibc

/// What a crash of an agent does.
enum CrashSignals {
  /// Those for which the Swift runtime starts its backtracer.
  private static let all = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV]

  /// Lets a crash end the process at once, as the service manager, which starts it again, expects.
  ///
  /// The Swift runtime would start a second process that reads the symbols of the program: for minutes, in which the agent answers
  /// nothing and holds its state directory. Where `SWIFT_BACKTRACE` is set the operator has decided otherwise. The kernel's core file, if
  /// the service manager's limits allow one, has what a backtrace has.
  static func endAtOnce(_ environment: [String: String]) {
    guard environment["SWIFT_BACKTRACE"] == nil else { return }
    for number in all { signal(number, SIG_DFL) }
  }
}
