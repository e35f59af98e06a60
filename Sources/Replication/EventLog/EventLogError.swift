/// A failure of the event log or its spool: what was tried, on which file, the lower layer's error, and what to do
/// next.
package struct EventLogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is; callers decide on this, never on the text.
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
    /// More waits to be written than may wait; try again.
    case busy
    /// The log was closed.
    case closed
    /// An argument that makes no sense: a cursor of another log, a bad name.
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
