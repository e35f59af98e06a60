package import GitValues

/// A ref that could not be restored because something of it is no longer there.
package struct LostRef: Hashable, Sendable {
  package let name: ReferenceName
  /// What it pointed at.
  package let oid: ObjectID
  /// The first object that is missing; the tip itself, or what it leads to.
  package let missing: ObjectID
}
