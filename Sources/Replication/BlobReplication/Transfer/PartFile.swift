internal import Crypto
internal import DurableFiles
internal import Glibc
internal import Replication
internal import StateFiles
internal import SystemPackage
internal import TextBytes
internal import WorkerPool

/// The two files in which a transfer grows, beside its target: `.remora-NAME.part` with the content and
/// `.remora-NAME.resume` with its record (`PartRecord`). They are kept after a failed transfer, so that the next one
/// continues.
struct PartFile: Sendable {
  let place: BlobPlace
  let id: ReplicableID
  let path: FilePath
  let recordPath: FilePath

  static let partSuffix = ".part"
  static let recordSuffix = ".resume"

  init(of id: ReplicableID, in place: BlobPlace) {
    self.place = place
    self.id = id
    let target = place.path(of: id)
    let name = Self.shortened(target.lastComponent?.string ?? id.text)
    let directory = target.removingLastComponent()
    path = directory.appending("\(BlobPlace.ownPrefix)-\(name)\(Self.partSuffix)")
    recordPath = directory.appending("\(BlobPlace.ownPrefix)-\(name)\(Self.recordSuffix)")
  }

  /// File names have at most 255 bytes, and the suffix takes 15 of them: longer names keep their beginning and get a
  /// digest.
  private static func shortened(_ name: String) -> String {
    let room = 255 - BlobPlace.ownPrefix.utf8.count - 1 - recordSuffix.utf8.count
    guard name.utf8.count > room else { return name }
    let digest = "~" + Hex.padded(SHA256.hash(data: Array(name.utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    var short = ""
    for character in name {
      if short.utf8.count + character.utf8.count + digest.utf8.count > room { break }
      short.append(character)
    }
    return short + digest
  }

  /// Removes both, if they are there.
  func remove() throws(FileError) {
    // The record first: a part without one is never gone on with.
    try place.removeIfThere(recordPath)
    try place.removeIfThere(path)
  }

  /// Returns the record of a part that can be continued; `nil` when there is none, or the part is not a file of ours
  /// alone.
  func resumable(from source: HTTPAddress) throws -> PartRecord? {
    guard let status = try place.files.status(of: path), status.kind == .regular, status.size > 0 else { return nil }
    // A second name, or another owner, would let us write into a foreign file.
    guard status.linkCount == 1, status.owner == geteuid() else { return nil }
    guard try place.files.status(of: recordPath)?.kind == .regular,
      let bytes = try? place.files.contents(of: recordPath, limit: PartRecord.maximumBytes),  // too large: none of ours
      let record = PartRecord(decoding: bytes)
    else { return nil }
    guard record.id == id.text, record.source == source.redacted, record.total >= UInt64(status.size) else {
      return nil
    }
    return record
  }

  /// Notes what the part is the beginning of.
  func write(_ record: PartRecord) throws {
    try place.removeIfThere(recordPath)
    let file = try place.files.create(recordPath, permissions: BlobPlace.filePermissions)
    try file.write(try record.encoded())
    try file.close()
  }

  /// True for the name of a part or a record, whichever process left it.
  static func isOne(_ name: String) -> Bool {
    name.hasPrefix(BlobPlace.ownPrefix + "-") && (name.hasSuffix(partSuffix) || name.hasSuffix(recordSuffix))
  }
}

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
