package import AgentAPI

/// A transition with its number in this run of the agent.
package struct NumberedTransition: Sendable {
  /// Counts from 1.
  package let number: UInt64
  package let row: TransitionRow
}

/// One reader of live transitions. It holds one of a few slots until `end`, or until it is released.
package final class TransitionListener: Sendable {
  /// The transitions since, the oldest first, as far as they are kept.
  package let batches: AsyncStream<[NumberedTransition]>
  /// The number of the last transition before those of `batches`.
  package let start: UInt64
  /// Whether the reader's position was of another run of the agent, so that the missed transitions are unknown.
  package let isReset: Bool
  /// The run of the agent, in event ids.
  package let run: String
  private let leave: @Sendable () -> Void

  init(
    batches: AsyncStream<[NumberedTransition]>, start: UInt64, isReset: Bool, run: String,
    leave: @escaping @Sendable () -> Void
  ) {
    self.batches = batches
    self.start = start
    self.isReset = isReset
    self.run = run
    self.leave = leave
  }

  deinit { leave() }

  /// The id of the event of a transition: `RUN-NUMBER`.
  package func id(_ number: UInt64) -> String { "\(run)-\(number)" }

  /// Releases the slot. Calling it again does nothing.
  package func end() { leave() }
}
