package import GitValues

/// An object that a builder made or will make, or one that is in the repository already.
package enum BuiltObject: Hashable, Sendable {
  /// The n-th thing of one builder; its oid is known after `build`.
  case mark(Int)
  /// The tree of a commit that the same builder made.
  case tree(ofMark: Int)
  case oid(ObjectID)

  /// Returns an object by its forty digits.
  package static func oid(_ hex: String) -> BuiltObject {
    guard let oid = ObjectID(hex) else { preconditionFailure("not an object id: \(hex)") }
    return .oid(oid)
  }
}
