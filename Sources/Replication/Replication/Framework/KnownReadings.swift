internal import Synchronization

/// Readings of the primary that came with its catalog and its events, for copies that are not verified yet: a
/// verification that finds its proof here sends no request. In memory only; a missing reading is requested from the
/// primary.
///
/// A reading proves a copy whenever it was made, if it is no older than what the copy holds
/// (`VerificationTicket.isProven`).
final class KnownReadings: Sendable {
  private struct Known {
    let incarnation: Incarnation
    let reading: PrimaryReading
    let notedAt: Timestamp
  }

  private let readings = Mutex<[ReplicableID: Known]>([:])

  /// About 20 MB; of more, the rest is asked for.
  private static let limit = 100_000
  /// How long a primary that offered a replicable is taken to offer it still; after that it is asked.
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

  /// The log was restored: ids that readings count in are given to other events.
  func forgetAll() { readings.withLock { $0 = [:] } }
}
