import GitValues
import Glibc
import WorkerPool

/// A short run of another program: its input and its output.
struct ChildRun {
  /// What it wrote on its standard output.
  let output: [UInt8]
  let complaints: ChildComplaints
  /// `nil` when it had not ended a moment after it closed its output.
  let ending: ChildGroup.Ending?

  /// No program of which we ask something says more.
  private static let longestOutput = 1 << 20
  private static let statusWait = Duration.seconds(5)

  /// Starts the program, hands it `input`, and reads what it says until it ends.
  ///
  /// - Parameters:
  ///   - path: of the program, with a slash.
  ///   - staysBehind: whether the program, when it ends well, leaves processes behind that are to live. Otherwise nothing is left.
  /// - Throws: `ChildFailure`, `Cancelled`.
  init(
    path: String, arguments: [String], environment: [String: String], input: [UInt8] = [],
    staysBehind: Bool = false, limits: WaitLimits
  ) throws {
    let sockets = try ChildSockets(
      silence: limits.silence, deadline: limits.deadline, cancellation: limits.cancellation)
    defer { sockets.close() }
    let process = try ChildGroup(starting: path, arguments, environment, sockets)
    defer { process.kill() }
    try input.withUnsafeBytes { try sockets.write($0) }
    sockets.endInput()
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while output.count <= Self.longestOutput {
      let count = try buffer.withUnsafeMutableBytes { try sockets.read(into: $0) }
      guard count > 0 else { break }
      output += buffer[..<count]
    }
    ending = process.ending(by: .after(Self.statusWait), cancellation: limits.cancellation)
    try limits.cancellation.check()
    sockets.drainErrors()
    complaints = sockets.complaints
    if staysBehind, ending == .exited(0) { process.releaseDescendants() }
    self.output = output
  }
}

extension ChildGroup {
  /// Starts a child at the other ends of `sockets`, which are closed here afterwards.
  convenience init(
    starting path: String, _ arguments: [String], _ environment: [String: String], _ sockets: ChildSockets
  ) throws(ChildFailure) {
    defer { sockets.closeChildEnds() }
    do throws(SpawnFailure) {
      try self.init(
        path: path, arguments: arguments, environment: environment, descriptors: sockets.childEnds,
        encoding: PathText.bytes)
    } catch {
      throw .failed("start", error.code)
    }
  }
}
