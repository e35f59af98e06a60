import Replication
import StateFiles

/// The record of a part: the URL and the content that it is the beginning of. One JSON object, beside the part.
///
/// Written before the first byte of the part and never changed. Not synchronised: damage to it or to the part by a loss
/// of power is detected by the digest of the whole, and costs a transfer from the start.
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

  /// - Returns: `nil` for a record that is torn, of another version or not Remora's.
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
