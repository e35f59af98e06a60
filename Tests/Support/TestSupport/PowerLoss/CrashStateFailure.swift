/// A state that a check refused.
package struct CrashStateFailure: Error, CustomStringConvertible {
  package let state: CrashState
  /// What the check said.
  package let cause: any Error
  /// The recorded steps up to the loss of power, one a line.
  package let steps: [String]

  package var description: String {
    """
    \(cause)
    after a loss of power at step \(state.step): \(state)
    \(steps.enumerated().map { "  \($0.offset + 1). \($0.element)" }.joined(separator: "\n"))
    """
  }
}
