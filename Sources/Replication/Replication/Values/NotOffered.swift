/// Why a primary does not offer a replicable that it has, or had, to its secondaries.
///
/// A replicable that is not offered is not replicated. A secondary's copy of it stays as it was, is neither synced nor
/// verified, and counts as neither.
public enum NotOffered: String, Hashable, Sendable, CaseIterable, Codable {
  /// The include and exclude rules of the primary leave it out.
  case excluded
  /// `availableReplicables` of its model leaves it out.
  case unavailable
  /// It cannot be served: a repository that lacks `HEAD`, `objects` or `refs`.
  case broken

  /// A few words for an operator.
  public var text: String {
    switch self {
    case .excluded: "excluded on the primary"
    case .unavailable: "not available on the primary"
    case .broken: "broken on the primary"
    }
  }
}
