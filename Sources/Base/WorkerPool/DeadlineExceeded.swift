/// A wait reached its deadline. The caller that set the deadline translates this into an error that names the purpose.
package struct DeadlineExceeded: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "deadline exceeded" }
}
