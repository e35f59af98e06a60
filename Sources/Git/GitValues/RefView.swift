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

/// What `HEAD` says, fully resolved.
package enum Head: Hashable, Sendable {
  /// A symbolic ref to a branch that exists. `target` is the end of the chain, not an alias on the way.
  case symbolic(target: ReferenceName, oid: ObjectID)
  /// A symbolic ref to a branch that does not exist (yet, or any more).
  case unborn(target: ReferenceName)
  /// An object id, no branch.
  case detached(ObjectID)
  /// The protocol does not contain it (v0 and unborn): the copy's HEAD stays as it is and is left out of comparisons.
  case unknown

  /// The end of the symbolic chain; `nil` when detached or unknown.
  package var target: ReferenceName? {
    switch self {
    case .symbolic(let target, _), .unborn(let target): target
    case .detached, .unknown: nil
    }
  }

  /// The object that HEAD leads to; `nil` when unborn or unknown.
  package var oid: ObjectID? {
    switch self {
    case .symbolic(_, let oid), .detached(let oid): oid
    case .unborn, .unknown: nil
    }
  }
}

extension BrokenRef {
  /// The refs of a listing that no repository can hold together, each once, sorted by name.
  package static func conflicts(in refs: RefListing) -> [BrokenRef] {
    var reasons: [ReferenceName: String] = [:]
    for (outer, inner) in refs.directoryConflicts {
      reasons[outer] = reasons[outer] ?? "no repository can hold it beside '\(inner)'"
      reasons[inner] = reasons[inner] ?? "no repository can hold it beside '\(outer)'"
    }
    return reasons.sorted { $0.key < $1.key }.map { BrokenRef(name: $0.key, reason: $0.value) }
  }
}

extension RefListing {
  /// Pairs of which one name is a directory of the other, as `refs/heads/a` and `refs/heads/a/b`: no repository can hold both
  /// as files, and no git server has both. The listing must be sorted; one walk.
  package var directoryConflicts: [(outer: ReferenceName, inner: ReferenceName)] {
    var conflicts: [(outer: ReferenceName, inner: ReferenceName)] = []
    // Sorted bytewise, all names with a common beginning stand together: each name here begins with those before it.
    var beginnings: [Int] = []
    for index in indices {
      withName(at: index) { name in
        while let last = beginnings.last, !withName(at: last, { name.starts(with: $0) }) { beginnings.removeLast() }
        for outer in beginnings {
          let isDirectory = withName(at: outer) { $0.count < name.count && name[$0.count] == UInt8(ascii: "/") }
          if isDirectory { conflicts.append((self.name(at: outer), self.name(at: index))) }
        }
      }
      beginnings.append(index)
    }
    return conflicts
  }
}
