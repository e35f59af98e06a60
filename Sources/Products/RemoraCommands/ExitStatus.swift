internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import Mirroring
internal import Synchronization

/// The exit statuses of the contract.
enum ExitStatus {
  static let failed = ExitCode(1)
  static let someFailed = ExitCode(2)
  static let broken = ExitCode(3)
  /// Wrong usage, or a configuration that is none (EX_USAGE of sysexits.h).
  static let usage = ExitCode(64)
  static let busy = ExitCode(75)
  /// As a shell shows a program that Ctrl-C ended.
  static let interrupted = ExitCode(130)

  /// The status for one failure.
  static func of(_ error: MirrorError) -> ExitCode {
    switch error.code {
    case .busy, .destinationLocked: busy
    case .cancelled: interrupted
    default: failed
    }
  }
}

/// Ctrl-C, SIGTERM and SIGHUP: the first ends the work in good order, the second ends the process. A SIGHUP that is ignored
/// from the start, as under `nohup`, stays ignored.
///
/// A reader of our output that leaves (`remora mirror … | head`) ends nothing: copies are made for their own sake.
enum Interruption {
  /// Runs the work and cancels it at the first signal; returns whether there was one.
  static func watch(_ work: @escaping @Sendable () async -> Void) async -> Bool {
    signal(SIGPIPE, SIG_IGN)
    let wasInterrupted = Mutex(false)
    let task = Task { await work() }
    let sources = ([SIGINT, SIGTERM] + (isIgnored(SIGHUP) ? [] : [SIGHUP])).map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        let isSecond = wasInterrupted.withLock { seen in
          defer { seen = true }
          return seen
        }
        if isSecond { _exit(128 + number) }
        task.cancel()
      }
      source.resume()
      return source
    }
    await task.value
    for source in sources { source.cancel() }
    return wasInterrupted.withLock { $0 }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
