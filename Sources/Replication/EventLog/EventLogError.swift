internal import DurableFiles
internal import SystemPackage

/// A failure of the event log or its spool: what was tried, on which file, the lower layer's error, and what to do
/// next.
package struct EventLogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a failure; callers decide by this, not by the text.
  package enum Code: String, Sendable {
    /// A file has content that the log did not write. Nothing is read past it; the operator must inspect it.
    case damaged
    /// A file was written by a newer Remora.
    case newerFormat
    /// Another process has the log open.
    case locked
    /// A file system call failed. Lines that were to be written are not visible to readers of the log.
    case fileSystem
    /// The event is larger than a line may be.
    case tooLarge
    /// Too many bytes wait to be written; retry later.
    case busy
    /// The log was closed.
    case closed
    /// An invalid argument: a cursor of another log, a bad name.
    case refused
  }

  /// The kind of failure.
  package let code: Code
  /// One line, without secrets.
  package let description: String

  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}

extension EventLogError {
  /// Creates an error from a file system error.
  init(_ error: FileError) { self.init(.fileSystem, "\(error)") }

  /// Returns the error for a damaged line.
  static func damagedLine(_ path: FilePath, line: UInt64, _ reason: String) -> EventLogError {
    EventLogError(
      .damaged,
      "read '\(path)' line \(line): \(reason); put the file back from a backup, or move the whole directory away to"
        + " begin a new log (the secondaries then reconcile by catalog)")
  }

  /// Returns the error for a damaged file.
  static func damagedFile(_ path: FilePath, _ reason: String, doing hint: String) -> EventLogError {
    EventLogError(.damaged, "read '\(path)': \(reason); \(hint)")
  }

  /// Returns the error for a file of a later version.
  static func newerFile(_ path: FilePath, format: UInt64) -> EventLogError {
    EventLogError(
      .newerFormat,
      "read '\(path)': it has format \(format), this Remora knows \(SegmentHeader.currentFormat); run the newer one")
  }
}
