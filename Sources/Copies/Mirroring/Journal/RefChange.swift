package import GitValues

/// One ref before and after: `nil` means that it did not, or does not any more, exist.
package struct RefChange: Hashable, Sendable {
  package let name: ReferenceName
  package let old: ObjectID?
  package let new: ObjectID?

  package init(name: ReferenceName, old: ObjectID?, new: ObjectID?) {
    self.name = name
    self.old = old
    self.new = new
  }
}
