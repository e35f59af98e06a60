import ChildProcess

/// A command that runs on another host: its input, output and standard error. Used from one thread.
protocol RemoteCommand: AnyObject {
  /// Reads at least one byte of its output; 0 is the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// Writes all bytes to its input. A command that has exited is no error: its output is still to be read.
  func write(_ bytes: UnsafeRawBufferPointer) throws
  /// The beginning of its standard error so far, read without waiting.
  var errorText: ErrorText { get }
  /// How it ended, after its output has: waits a moment. `nil` when it goes on running.
  func ending() throws -> Child.Ending?
  /// Ends its input, and lets it end. Does not wait longer than a moment, never throws.
  func finish()
  /// Gives it up at once.
  func abort()
}

/// A child `ssh` is such a command.
extension Child: RemoteCommand {}
