/// A ref that cannot be part of a view, and why.
package struct BrokenRef: Hashable, Sendable {
  package let name: ReferenceName
  /// Short, lower case, for display: "null oid", "invalid name", "unreadable content".
  package let reason: String

  package init(name: ReferenceName, reason: String) {
    self.name = name
    self.reason = reason
  }
}

/// What equality of two repositories is about: every ref below `refs/` by its resolved oid, and HEAD.
///
/// A view with broken refs has no checksum and equals nothing (product contract § 2).
package struct RefView: Equatable, Sendable {
  package var head: Head
  package var refs: RefListing
  package var broken: [BrokenRef]
  /// What a HEAD resolves to that is `unknown` because the server named no target: one of the branches with this oid,
  /// or detached at it. `nil` when the oid is unknown, too.
  package var unknownHeadOID: ObjectID?

  package init(head: Head, refs: RefListing, broken: [BrokenRef] = [], unknownHeadOID: ObjectID? = nil) {
    self.head = head
    self.refs = refs
    self.broken = broken
    self.unknownHeadOID = unknownHeadOID
  }
}
