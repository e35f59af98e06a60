import Replication
import StateFiles

/// What is known of a part: which content of which URL it is the beginning of. One JSON object, beside the part.
///
/// Written before the first byte of the part and never changed. Not synchronised: what a loss of power makes of it,
/// or of the part, is found out by the digest of the whole, and costs a transfer from the start.
struct PartRecord: Codable, Hashable {
  /// The one version there is.
  static let currentFormat = 1
  /// Larger files are none of ours.
  static let maximumBytes = 16 << 10

  var format = currentFormat
  /// The replicable.
  let id: String
  /// Without user info and query.
  let source: String
  /// A strong one (`StrongValidator`).
  let validator: String
  /// Bytes of the whole.
  let total: UInt64

  private static let stateFormat = StateFormat<PartRecord>.json(version: currentFormat)

  /// One line.
  func encoded() throws -> [UInt8] { try Self.stateFormat.encode(self) }

  /// - Returns: `nil` for what is torn, of another version or none of ours.
  init?(decoding bytes: [UInt8]) {
    guard let record = Self.stateFormat.decodeIfUsable(bytes) else { return nil }
    self = record
  }

  init(id: ReplicableID, source: String, validator: StrongValidator, total: UInt64) {
    self.id = id.text
    self.source = source
    self.validator = validator.text
    self.total = total
  }
}
