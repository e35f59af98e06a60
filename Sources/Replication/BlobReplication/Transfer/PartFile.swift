import Crypto
import DurableFiles
import Glibc
import Replication
import SystemPackage
import TextBytes
import WorkerPool

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
