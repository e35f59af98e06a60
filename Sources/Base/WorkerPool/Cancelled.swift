/// Somebody raised the flag: the work was given up because nobody wants its result, not because it failed.
package struct Cancelled: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "cancelled" }
}
