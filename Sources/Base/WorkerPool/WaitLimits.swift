/// What ends a wait for a socket, a pipe or a child process.
package struct WaitLimits: Sendable {
  /// The longest time without a byte in either direction.
  package var silence: Duration
  /// When the whole exchange must be over.
  package var deadline: Deadline
  package var cancellation: CancellationFlag

  package init(silence: Duration, deadline: Deadline, cancellation: CancellationFlag) {
    self.silence = silence
    self.deadline = deadline
    self.cancellation = cancellation
  }
}
