/// Unusual properties of a repository, one flag each, so that a caller can name its reason.
///
/// All are facts of the moment of opening, read from files; none is judged here.
package struct RepositoryTraits: Hashable, Sendable {
  /// `core.bare`, or no setting and no work tree implied by the name `.git`.
  package var isBare: Bool
  /// History was cut off at some commits (`shallow`).
  package var isShallow: Bool
  /// Borrows objects of other directories (`objects/info/alternates`).
  package var hasAlternates: Bool
  /// Pretends other parents than the commits say (`info/grafts`).
  package var hasGrafts: Bool
  /// Leaves objects with a remote until they are asked for (`extensions.partialClone`, a promisor remote or pack).
  package var isPartial: Bool

  package init(
    isBare: Bool, isShallow: Bool, hasAlternates: Bool, hasGrafts: Bool, isPartial: Bool
  ) {
    self.isBare = isBare
    self.isShallow = isShallow
    self.hasAlternates = hasAlternates
    self.hasGrafts = hasGrafts
    self.isPartial = isPartial
  }
}
