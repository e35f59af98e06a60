/// The phases of a housekeeping, for a progress line, and by which fault tests name their moments.
package enum HousekeepingPhase: String, CaseIterable, Sendable {
  /// What dead runs left is swept, replaced packs whose hour is over are removed.
  case sweeping
  /// Lines of the dropped log and of the journal that are past the retention go.
  case trimming
  /// Measures the reachable objects.
  case measuring
  /// A pack is made.
  case packing
  /// It is shown to hold what it replaces.
  case proving
  /// It becomes visible.
  case publishing
  /// The multi-pack-index, bitmap and commit-graph are written.
  case describing
  /// The replaced packs are noted.
  case recording
  case finishing
}
