/// What one housekeeping run does, and within which bounds.
package struct HousekeepingSettings: Sendable {
  package enum Scope: Sendable {
    /// Replaced packs whose hour is over are removed.
    case removal
    /// Combines packs and removes replaced ones: the urgent work of a busy copy.
    case packs
    /// Also trims the history, and repacks a copy that is mostly unneeded objects.
    case everything
  }

  package var scope = Scope.everything
  /// How long to wait for another run on the same copy.
  package var wait: Duration = .zero
  /// When all must be over. Default 6 hours, as for a mirror run.
  package var run: Duration = .seconds(6 * 3600)
  /// How long what refs have dropped is kept, from the drop. Default 30 days.
  package var retention: Duration = .seconds(30 * 24 * 3600)
  /// How long a replaced pack stays for those who began to read before. Default an hour.
  package var grace: Duration = .seconds(3600)
  /// Number of loose objects that are packed. A copy that Remora created has none; one that was taken over may.
  package var looseObjects = 256
  /// Bytes that must stay free on the copy's file system. Default 64 MiB.
  package var freeBytesToKeep: UInt64 = 64 << 20

  package init() {}
}

extension Duration {
  /// As the difference of two dates counts.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
