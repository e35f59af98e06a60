internal import Housekeeping
internal import Mirroring
internal import SystemPackage

/// The JSON object of one housekeeping, as `remora housekeep --json` prints it. Every key is there in every object; new ones may
/// come, none goes.
struct HousekeepReport: Encodable {
  struct Counts: Encodable {
    let before: Int
    let after: Int
  }

  struct Bytes: Encodable {
    let before: Int64
    let after: Int64
  }

  let copy: String
  let status: String
  let packs: Counts
  let bytes: Bytes
  let replaced: Int
  let waiting: Int
  let removed: Int
  let looseObjects: Int
  let trimmed: Int
  let repacked: Bool
  let droppedObjects: Int
  let seconds: Double
  @NullWhenMissing var error: MirrorReport.Failure?
  let warnings: [MirrorReport.Warning]

  private enum CodingKeys: String, CodingKey {
    case copy, status, packs, bytes, replaced, waiting, removed, trimmed, repacked, seconds, error, warnings
    case looseObjects = "loose_objects"
    case droppedObjects = "dropped_objects"
  }

  init(_ copy: FilePath, _ outcome: HousekeepingOutcome, _ seconds: Double) {
    self.copy = copy.string
    status = outcome.status.rawValue
    packs = Counts(before: outcome.packsBefore, after: outcome.packsAfter)
    bytes = Bytes(before: outcome.bytesBefore, after: outcome.bytesAfter)
    replaced = outcome.replaced
    waiting = outcome.waiting
    removed = outcome.removed
    looseObjects = outcome.looseObjects
    trimmed = outcome.trimmed
    repacked = outcome.isRepacked
    droppedObjects = outcome.droppedObjects
    self.seconds = seconds
    error = outcome.error.map {
      MirrorReport.Failure(code: $0.code.rawValue, message: $0.message, hint: $0.hint)
    }
    warnings = outcome.warnings.map { MirrorReport.Warning(code: $0.code, message: $0.message) }
  }
}
