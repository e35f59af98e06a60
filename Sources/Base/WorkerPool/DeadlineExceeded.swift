/// A wait reached its deadline before what it waited for happened. The caller that set the deadline knows its purpose and
/// translates this into an error that says so.
package struct DeadlineExceeded: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "deadline exceeded" }
}
