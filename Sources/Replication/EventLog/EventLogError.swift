/// What went wrong with the event log or its spool: what was tried, on which file, what the layer below said, what to
/// do next.
package struct EventLogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is; callers decide on this, never on the text.
  package enum Code: String, Sendable {
    /// A file says what nobody wrote. Nothing is read past it; a person has to look.
    case damaged
    /// A file was written by a newer Remora.
    case newerFormat
    /// Another process has the log open.
    case locked
    /// The file system refused. What was to be written is not in the log, as far as its readers can see.
    case fileSystem
    /// What was to be written is larger than a line may be.
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
