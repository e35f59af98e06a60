package import WorkerPool

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
