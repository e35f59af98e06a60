import WorkerPool

/// A command that a child `ssh` runs on another host.
final class SSHChild: RemoteCommand {
  private let sockets: ChildSockets
  private let process: ChildGroup
  private let cancellation: CancellationFlag
  private var isEnded = false

  /// How long a child gets to end by itself when it has nothing more to do.
  private static let farewell = Duration.seconds(2)
  /// How long a child that has closed its output gets to say by its status why.
  private static let statusWait = Duration.seconds(5)

  /// Starts it.
  ///
  /// - Throws: `ChildFailure`.
  init(path: String, arguments: [String], environment: [String: String], limits: WaitLimits) throws(ChildFailure) {
    let sockets = try ChildSockets(
      silence: limits.silence, deadline: limits.deadline, cancellation: limits.cancellation)
    process = try ChildGroup(starting: path, arguments, environment, sockets)
    self.sockets = sockets
    cancellation = limits.cancellation
  }

  deinit { abort() }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { isEnded ? 0 : try sockets.read(into: buffer) }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try sockets.write(bytes) }

  var complaints: ChildComplaints {
    sockets.drainErrors()
    return sockets.complaints
  }

  func ending() throws -> ChildGroup.Ending? {
    guard !isEnded else { return nil }
    let ending = process.ending(by: .after(Self.statusWait), cancellation: cancellation)
    try cancellation.check()
    return ending
  }

  func finish() {
    guard !isEnded else { return }
    sockets.endInput()
    _ = process.ending(by: .after(Self.farewell), cancellation: cancellation)
    abort()
  }

  func abort() {
    guard !isEnded else { return }
    isEnded = true
    process.kill()
    sockets.drainErrors()
    sockets.close()
  }
}
