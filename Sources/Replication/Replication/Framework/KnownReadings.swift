internal import Synchronization

/// Readings of the primary that came with its catalog and its events, for copies that are not verified yet: a
/// verification that finds its proof here sends no request. In memory only; a missing reading is requested from the
/// primary.
///
/// A reading of any age proves a copy, if it is no older than the copy's generation (`VerificationTicket.isProven`).
final class KnownReadings: Sendable {
  private struct Known {
    let incarnation: Incarnation
    let reading: PrimaryReading
    let notedAt: Timestamp
  }

  private let readings = Mutex<[ReplicableID: Known]>([:])

  /// About 20 MB; further readings are requested from the primary.
  private static let limit = 100_000
  /// How long a replicable is assumed to be still offered; after that the primary is asked.
  private static let validity = Duration.seconds(60)

  func note(_ reading: PrimaryReading, of id: ReplicableID, _ incarnation: Incarnation, at now: Timestamp) {
    readings.withLock { readings in
      guard readings.count < Self.limit || readings[id] != nil else { return }
      readings[id] = Known(incarnation: incarnation, reading: reading, notedAt: now)
    }
  }

  /// Removes and returns a recent reading of this incarnation.
  func take(_ id: ReplicableID, _ incarnation: Incarnation?, at now: Timestamp) -> PrimaryReading? {
    readings.withLock { readings in
      guard let known = readings.removeValue(forKey: id), known.incarnation == incarnation,
        now >= known.notedAt, now - known.notedAt < Self.validity
      else { return nil }
      return known.reading
    }
  }

  /// Drops all readings, because the log was restored and assigns their generations to other events.
  func forgetAll() { readings.withLock { $0 = [:] } }
}
