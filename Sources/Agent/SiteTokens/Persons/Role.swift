/// The permissions of a reader's or admin's token.
package enum Role: String, Comparable, CaseIterable, Codable, Sendable {
  /// To look.
  case reader
  /// To look and to change.
  case admin

  /// An admin may what a reader may.
  package static func < (left: Role, right: Role) -> Bool { left == .reader && right == .admin }
}
