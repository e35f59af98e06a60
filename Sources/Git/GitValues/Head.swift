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
