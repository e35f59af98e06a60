internal import Housekeeping
internal import Mirroring
internal import SystemPackage

/// An object check as JSON. Described in the article `JSONOutput`.
struct CheckReport: Encodable {
  struct Finding: Encodable {
    let kind: String
    let subject: String
    let message: String
    let repaired: Bool
  }

  let copy: String
  let sound: Bool
  let packs: Int
  let looseObjects: Int
  let bytes: Int64
  let objects: Int
  let proven: Int
  let findings: [Finding]
  @NullWhenMissing var error: MirrorReport.Failure?

  init(_ copy: FilePath, _ outcome: CheckOutcome) {
    self.copy = copy.string
    sound = outcome.isSound
    packs = outcome.packs
    looseObjects = outcome.looseObjects
    bytes = outcome.bytes
    objects = outcome.objects
    proven = outcome.provenObjects
    findings = outcome.findings.map {
      Finding(kind: $0.kind.rawValue, subject: $0.subject, message: $0.message, repaired: $0.isRepaired)
    }
    error = outcome.error.map {
      MirrorReport.Failure(code: $0.code.rawValue, message: $0.message, hint: $0.hint)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case copy, sound, packs, bytes, objects, proven, findings, error
    case looseObjects = "loose_objects"
  }
}
