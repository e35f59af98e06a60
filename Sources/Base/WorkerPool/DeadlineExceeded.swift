/// A wait reached its deadline before what it waited for happened. Whoever set the deadline knows what it was for and
/// translates this into an error that says so.
package struct DeadlineExceeded: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "deadline exceeded" }
}
