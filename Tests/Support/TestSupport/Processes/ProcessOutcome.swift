/// How a process came to its end.
package enum ProcessEnd: Hashable, Sendable {
  case exited(Int32)
  case killed(signal: Int32)
}

/// What a process left behind.
package struct ProcessOutcome: Sendable {
  package let end: ProcessEnd
  package let output: [UInt8]
  package let errors: [UInt8]
  /// Processor time of the process and of the children it waited for.
  package let processorTime: Duration
  /// Largest resident set of it or of one child it waited for, in bytes. Never less than the starter's own peak:
  /// Linux counts the memory that a spawned child shares with its parent until it calls `exec`.
  package let peakMemoryBytes: Int
  /// From start to end.
  package let duration: Duration

  package var isSuccess: Bool { end == .exited(0) }
  /// The exit status; -1 for a process that a signal ended.
  package var status: Int32 { if case .exited(let status) = end { status } else { -1 } }
  /// Standard output as text, without the newline at its end.
  package var text: String { Self.text(output) }
  /// Standard error as text, without the newline at its end.
  package var errorText: String { Self.text(errors) }
  /// The lines of standard output.
  package var lines: [String] {
    text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
