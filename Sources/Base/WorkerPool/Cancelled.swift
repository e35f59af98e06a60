/// The flag was raised: the work was ended because its result is not wanted any more, not because it failed.
package struct Cancelled: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "cancelled" }
}
