/// What went wrong with the event log or its spool: what was tried, on which file, what the layer below said, what to do next.
package struct EventLogError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line, without secrets.
  package let description: String

  package init(_ description: String) { self.description = description }
}
