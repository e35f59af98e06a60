package import WorkerPool

/// A child process in a process group of its own, from its start to the collection of its exit status. Used from one
/// thread.
///
/// Reads and writes end by the silence limit, the deadline or the cancellation of `WaitLimits`. When this object goes
/// away, the whole group has been killed and the child has been reaped.
package final class Child {
  /// How a child ended.
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signaled(Int32)

    package var text: String {
      switch self {
      case .exited(let status): "exit status \(status)"
      case .signaled(let number): "signal \(number)"
      }
    }
  }

  /// What becomes the standard input.
  package enum Input {
    /// What `write` sends.
    case stream
    /// An open file; it stays open here.
    case descriptor(Int32)
    case nothing
  }

  /// What becomes the standard output and the standard error.
  package enum Output {
    /// The output is read by `read`, the beginning of the errors is kept in `errorText`.
    case stream
    /// Both go to an open file, which stays open here.
    case descriptor(Int32)
  }

  private let streams: ChildStreams
  private let group: ProcessGroup
  private let cancellation: CancellationFlag
  /// True after `finish`, `abort` and `releaseDescendants`.
  package private(set) var isEnded = false

  /// How long `finish` waits for a child that has nothing more to do.
  private static let finishWait = Duration.seconds(2)
  /// How long a child that has closed its output may take to exit.
  private static let exitWait = Duration.seconds(5)

  /// Starts a child. All other descriptors of this process are expected to be closed on exec.
  ///
  /// - Parameter onErrorOutput: gets every byte of the standard error, also those that `errorText` has no room for.
  /// - Throws: `ChildFailure.failed`.
  package init(
    _ command: ChildCommand, input: Input = .stream, output: Output = .stream, limits: WaitLimits,
    onErrorOutput: ((UnsafeRawBufferPointer) -> Void)? = nil
  ) throws(ChildFailure) {
    let streams = try ChildStreams(input, output, limits, onErrorOutput)
    defer { streams.closeChildEnds() }
    self.streams = streams
    group = try ProcessGroup(command, descriptors: streams.childEnds)
    cancellation = limits.cancellation
  }

  deinit { abort() }

  /// Reads at least one byte of the standard output; 0 is its end.
  ///
  /// - Throws: `Cancelled`, `ChildFailure`.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    isEnded ? 0 : try streams.read(into: buffer)
  }

  /// Writes all bytes to the standard input. A child that has exited is no error: its output is still to be read.
  ///
  /// - Throws: `Cancelled`, `ChildFailure`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    if !isEnded { try streams.write(bytes) }
  }

  /// Ends the standard input; the output can still be read.
  package func endInput() { streams.endInput() }

  /// The beginning of the standard error so far, read without waiting; also after the end.
  package var errorText: ErrorText {
    streams.drainErrors()
    return streams.errorText
  }

  /// Waits for the exit of a child that has closed its output, five seconds at most.
  ///
  /// - Returns: `nil` when it still runs.
  package func ending() throws -> Ending? { try ending(by: .after(Self.exitWait)) }

  /// Waits for the exit.
  ///
  /// - Returns: `nil` when it still runs at the deadline.
  package func ending(by deadline: Deadline) throws(Cancelled) -> Ending? {
    guard !isEnded else { return nil }
    let ending = group.ending(by: deadline, cancellation: cancellation)
    try cancellation.check()
    return ending
  }

  /// Ends the input, gives the child two seconds to exit, and kills the remaining processes of its group.
  package func finish() {
    guard !isEnded else { return }
    streams.endInput()
    _ = group.ending(by: .after(Self.finishWait), cancellation: cancellation)
    abort()
  }

  /// Kills the group and reaps the child. Calling it twice does nothing more.
  package func abort() {
    guard !isEnded else { return }
    isEnded = true
    group.kill()
    streams.drainErrors()
    streams.close()
  }

  /// Reaps a child that has exited, and leaves the processes of its group running: for programs that go on in the
  /// background on purpose.
  package func releaseDescendants() {
    guard !isEnded else { return }
    isEnded = true
    group.releaseDescendants()
    streams.drainErrors()
    streams.close()
  }
}
