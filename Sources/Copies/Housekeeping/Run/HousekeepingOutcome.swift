package import Mirroring

/// How a housekeeping ended, in the terms of `--json`.
package struct HousekeepingOutcome: Sendable {
  package enum Status: String, Sendable {
    case done
    /// There was no need for anything.
    case nothing
    case failed
  }

  package var status = Status.nothing
  /// Packs from which readers read: all but replaced ones.
  package var packsBefore = 0
  package var packsAfter = 0
  /// Bytes of all packs with their indexes, replaced ones included.
  package var bytesBefore: Int64 = 0
  package var bytesAfter: Int64 = 0
  /// Packs that a new one replaced, in this housekeeping.
  package var replaced = 0
  /// Replaced packs that wait for the end of their hour.
  package var waiting = 0
  /// Replaced packs that were removed.
  package var removed = 0
  /// Loose objects that went into a pack or were past the retention.
  package var looseObjects = 0
  /// Lines of the dropped log that were past the retention.
  package var trimmed = 0
  /// Objects that the new packs no longer have, because nothing needs them any more.
  package var droppedObjects = 0
  package var isRepacked = false
  package var warnings: [MirrorOutcome.Warning] = []
  package var error: MirrorError?

  package init() {}

  package static func failed(_ error: MirrorError) -> HousekeepingOutcome {
    var outcome = HousekeepingOutcome()
    outcome.status = .failed
    outcome.error = error
    return outcome
  }

  /// Whether anything was changed.
  var hasDoneAnything: Bool {
    replaced > 0 || removed > 0 || looseObjects > 0 || trimmed > 0 || isRepacked
  }
}
