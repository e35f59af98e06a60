import Replication
import Testing

/// Always the same random number.
struct ConstantGenerator: RandomNumberGenerator {
  var value: UInt64

  /// Makes every choice the smallest.
  static let smallest = ConstantGenerator(value: 1)
  /// Makes every choice the largest.
  static let largest = ConstantGenerator(value: .max)

  mutating func next() -> UInt64 { value }
}

/// Entries, times and generations for the tables.
enum Sample {
  static let log = LogID(7)
  static let otherLog = LogID(8)
  static let incarnation = Incarnation(1)
  static let start = Timestamp(milliseconds: 1_800_000_000_000)

  static func generation(_ id: UInt64, log: LogID = log) -> Generation { Generation(log: log, id: id) }

  static func id(_ text: String) throws -> ReplicableID { try ReplicableID(text) }

  static func checksum(_ byte: UInt8) -> Checksum { Checksum(sha256: Array(repeating: byte, count: 32)) }

  static func reading(_ byte: UInt8, at id: UInt64, log: LogID = log) -> PrimaryReading {
    PrimaryReading(checksum: checksum(byte), generation: generation(id, log: log), readAt: start)
  }
}

/// Where an entry can stand, reached by its inputs alone. Each wants generation 5 at first.
enum EntryStanding: String, CaseIterable, Sendable {
  case pending
  case started
  /// A sync runs, and 6 was announced meanwhile.
  case pendingAgain
  case synced
  case verifying
  case verified
  case failed
  /// Synced to 5, then a verification found a difference.
  case mismatched

  /// Returns the entry and the ticket of its last sync, running or not.
  func make() throws -> (entry: RegistryEntry, sync: SyncTicket?, verification: VerificationTicket?) {
    var generator = ConstantGenerator.smallest
    var entry = RegistryEntry(
      id: 1, replicableID: try Sample.id("a"), createdAt: Sample.start, incarnation: Sample.incarnation,
      wanted: Sample.generation(5))
    guard self != .pending else { return (entry, nil, nil) }
    let ticket = try entry.beginSync(at: Sample.start)
    switch self {
    case .pending, .started: return (entry, ticket, nil)
    case .pendingAgain:
      _ = entry.announce(Sample.generation(6), incarnation: nil, at: Sample.start)
      return (entry, ticket, nil)
    case .failed:
      entry.failSync(ticket, "broken", missingOnPrimary: false, at: Sample.start, using: &generator)
      return (entry, ticket, nil)
    case .synced, .verifying, .verified, .mismatched: break
    }
    _ = entry.finishSync(ticket)
    guard self != .synced else { return (entry, ticket, nil) }
    let verification = try entry.beginVerification(at: Sample.start)
    switch self {
    case .verified: _ = entry.succeedVerification(verification, Sample.checksum(1), at: Sample.start)
    case .mismatched:
      entry.failMismatch(
        verification, copy: Sample.checksum(1), primary: Sample.checksum(2), at: Sample.start, using: &generator)
    case .pending, .started, .pendingAgain, .synced, .verifying, .failed: break
    }
    return (entry, ticket, verification)
  }
}

/// A machine that did not start where a test needs it to.
struct NotStarted: Error {}

extension RegistryEntry {
  mutating func beginSync(at now: Timestamp) throws -> SyncTicket {
    guard let ticket = startSync(at: now) else { throw NotStarted() }
    return ticket
  }

  mutating func beginVerification(at now: Timestamp) throws -> VerificationTicket {
    guard let ticket = startVerification(at: now) else { throw NotStarted() }
    return ticket
  }
}

extension PrimaryState {
  mutating func beginReading(at now: Timestamp) throws -> ReadingTicket {
    guard let ticket = startReading(at: now) else { throw NotStarted() }
    return ticket
  }
}
