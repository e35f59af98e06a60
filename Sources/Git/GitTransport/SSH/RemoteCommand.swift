import WorkerPool

/// A command that runs on another host: its input, its output, its complaints. Used from one thread.
protocol RemoteCommand: AnyObject {
  /// Reads at least one byte of its output; 0 is the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// Writes all bytes to its input. A command that has gone is no error here: what it said before is still to be read.
  func write(_ bytes: UnsafeRawBufferPointer) throws
  /// What it has written on its standard error so far; looked at without waiting.
  var complaints: ChildComplaints { get }
  /// How it ended, after its output has: waits a moment. `nil` when it goes on running.
  func ending() throws -> ChildGroup.Ending?
  /// Ends its input, and lets it end. Does not wait longer than a moment, never throws.
  func finish()
  /// Gives it up at once.
  func abort()
}
