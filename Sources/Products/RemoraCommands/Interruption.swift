internal import Dispatch
internal import Glibc
internal import Synchronization

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
