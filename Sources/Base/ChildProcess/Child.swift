internal import Glibc
internal import TextBytes
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

/// A program, its arguments and its environment.
package struct ChildCommand: Sendable {
  package let path: String
  let arguments: [[UInt8]]
  let environment: [String: String]

  /// - Parameters:
  ///   - path: of the program, with a slash.
  ///   - encoding: gives the bytes of an argument, for paths that are not UTF-8.
  package init(
    path: String, arguments: [String], environment: [String: String],
    encoding: (String) -> [UInt8] = { Array($0.utf8) }
  ) {
    self.path = path
    self.arguments = arguments.map(encoding)
    self.environment = environment
  }

  /// Finds a program: `name` itself when it has a slash, else the first in the `PATH` of `environment` that may be
  /// executed. Relative directories of `PATH` are skipped.
  ///
  /// - Returns: `nil` when there is none.
  package static func find(_ name: String, in environment: [String: String]) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    for directory in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    where directory.hasPrefix("/") {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }
}

/// Why a child could not be started or used. The caller turns it into the error of its own operation.
package enum ChildFailure: Error, Hashable, Sendable {
  /// The child sent and took no byte for this long.
  case silent(Duration)
  /// The deadline passed.
  case runTimedOut
  /// A system call failed: what it was to do with the child ("start", "read"), and its errno.
  case failed(String, Int32)
}

extension ChildFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .silent(let limit): "no output for \(limit.components.seconds) s"
    case .runTimedOut: "it took longer than it may"
    case .failed(let what, let code): "cannot \(what) it: \(String(cString: strerror(code)))"
    }
  }
}

/// One short run of a program, from its input to its exit.
package struct ChildRun {
  /// The standard output.
  package let output: [UInt8]
  package let errorText: ErrorText
  /// `nil` when the child still ran five seconds after it had closed its output.
  package let ending: Child.Ending?

  /// The most output that is read, in bytes; then the program is killed.
  private static let outputLimit = 1 << 20

  /// Starts the program, writes `input`, and reads its output until it exits.
  ///
  /// - Parameter staysBehind: whether processes that the program leaves behind when it exits with 0 are to live on.
  ///   Otherwise the whole group is killed.
  /// - Throws: `ChildFailure`, `Cancelled`.
  package init(
    _ command: ChildCommand, input: [UInt8] = [], staysBehind: Bool = false, limits: WaitLimits
  ) throws {
    let child = try Child(command, limits: limits)
    defer { child.abort() }
    try input.withUnsafeBytes { try child.write($0) }
    child.endInput()
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while output.count <= Self.outputLimit {
      let count = try buffer.withUnsafeMutableBytes { try child.read(into: $0) }
      guard count > 0 else { break }
      output += buffer[..<count]
    }
    ending = try child.ending()
    errorText = child.errorText
    if staysBehind, ending == .exited(0) { child.releaseDescendants() }
    self.output = output
  }
}

/// The beginning of what a command wrote on its standard error.
package struct ErrorText: Sendable {
  /// The most that is kept, in bytes.
  package static let limit = 16 * 1024
  private var bytes: [UInt8] = []

  package init() {}

  /// Appends bytes; drops those beyond the limit.
  package mutating func append(_ next: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: next.prefix(Self.limit - bytes.count))
  }

  /// True when the text contains `words`, as `LC_ALL=C` has them.
  package func contains(_ words: String) -> Bool { bytes.firstRange(of: Array(words.utf8)) != nil }
}

extension ErrorText: CustomStringConvertible {
  /// One sanitised line; empty when the command wrote nothing.
  package var description: String { ForeignText.serverLine(bytes) }
}
