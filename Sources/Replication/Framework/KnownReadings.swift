internal import Synchronization

/// Readings of the primary that came with its catalog and its events, for copies that are not verified yet: a verification that
/// finds its proof here asks nobody. In memory only; what is not here is asked for.
///
/// A reading proves a copy whenever it was made, if it is no older than what the copy holds (`VerificationTicket.isProven`).
final class KnownReadings: Sendable {
  private let readings = Mutex<[ReplicableID: (incarnation: Incarnation, reading: PrimaryReading)]>([:])

  /// About 20 MB; of more, the rest is asked for.
  private static let limit = 100_000

  func note(_ reading: PrimaryReading, of id: ReplicableID, _ incarnation: Incarnation) {
    readings.withLock { readings in
      guard readings.count < Self.limit || readings[id] != nil else { return }
      readings[id] = (incarnation, reading)
    }
  }

  /// Takes out what is known of this incarnation.
  func take(_ id: ReplicableID, _ incarnation: Incarnation?) -> PrimaryReading? {
    readings.withLock { readings in
      guard let known = readings.removeValue(forKey: id), known.incarnation == incarnation else { return nil }
      return known.reading
    }
  }

  /// The log was restored: ids that readings count in are given to other events.
  func forgetAll() { readings.withLock { $0 = [:] } }
}
