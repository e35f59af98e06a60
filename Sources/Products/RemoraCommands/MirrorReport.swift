internal import GitTransport
internal import GitValues
internal import Mirroring
internal import SystemPackage

/// The JSON object of one repository, as `remora mirror --json` prints it. Every key is there in every object; new ones
/// may come, none goes.
struct MirrorReport: Encodable {
  struct Refs: Encodable {
    let created: Int
    let updated: Int
    let deleted: Int
    let total: Int
  }

  struct Failure: Encodable {
    let code: String
    let message: String
    let hint: String
  }

  struct Warning: Encodable {
    let code: String
    let message: String
  }

  let source: String
  let destination: String
  let status: String
  let refs: Refs
  /// `ref: TARGET`, an oid, or null when unknown.
  @NullWhenMissing var head: String?
  let headUnknown: Bool
  let objects: Int
  let bytes: Int
  @NullWhenMissing var checksum: String?
  let seconds: Double
  @NullWhenMissing var error: Failure?
  let warnings: [Warning]

  private enum CodingKeys: String, CodingKey {
    case source, destination, status, refs, head, objects, bytes, checksum, seconds, error, warnings
    case headUnknown = "head_unknown"
  }

  init(_ request: MirrorRequest, _ ended: MirrorBatch.Ended) {
    let outcome = ended.outcome
    source = request.source.redacted
    destination = request.destination.string
    status = outcome.status.rawValue
    refs = Refs(
      created: outcome.refs.created, updated: outcome.refs.updated, deleted: outcome.refs.deleted,
      total: outcome.refs.total)
    head =
      switch outcome.head {
      case .symbolic(let target, _), .unborn(let target): "ref: \(target)"
      case .detached(let oid): oid.hex
      case .unknown: nil
      }
    headUnknown = outcome.headIsUnknown
    objects = outcome.objects
    bytes = outcome.bytes
    checksum = outcome.checksum
    seconds = Self.seconds(ended.duration)
    error = outcome.error.map { Failure(code: $0.code.rawValue, message: $0.message, hint: $0.hint) }
    warnings = outcome.warnings.map { Warning(code: $0.code, message: $0.message) }
  }

  /// To the millisecond.
  static func seconds(_ duration: Duration) -> Double {
    (Double(duration.components.seconds) * 1_000 + Double(duration.components.attoseconds / 1_000_000_000_000_000))
      / 1_000
  }
}
