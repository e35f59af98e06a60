import Crypto
import DurableFiles
import Replication
import SystemPackage
import WorkerPool

/// Writes a part and its digest along with it. Used by one thread.
final class PartWriter {
  let part: PartFile
  private let limits: BlobLimits
  private let file: any WritableFile
  private var hasher: SHA256
  /// Bytes in the part.
  private(set) var length: UInt64
  /// Bytes that this writer has written.
  private(set) var written: UInt64 = 0

  /// The interval of free-space checks, in bytes written.
  private static let spaceCheckBytes: UInt64 = 32 << 20

  /// Begins a part, in place of whatever an earlier run has left.
  init(beginning part: PartFile, limits: BlobLimits, _ directories: DirectoryKeeper) throws {
    self.part = part
    self.limits = limits
    let place = part.place
    var made: (any WritableFile)?
    try directories.withParents(of: part.path, in: place) {
      try part.remove()
      made = try place.files.create(part.path, permissions: BlobPlace.filePermissions)
    }
    guard let made else { preconditionFailure("made or thrown") }
    file = made
    hasher = SHA256()
    length = 0
  }

  /// Continues an existing part, and reads it for the digest.
  init(resuming part: PartFile, limits: BlobLimits, cancellation: CancellationFlag) throws {
    self.part = part
    self.limits = limits
    var hasher = SHA256()
    let count = try FileDigest.forEachPiece(of: OpenFile(part.path), cancellation: cancellation) {
      hasher.update(bufferPointer: $0)
    }
    file = try part.place.files.openForAppending(part.path, permissions: BlobPlace.filePermissions)
    // Another process at work on it is not foreseen, and would be caught by the digest that is read back at the end.
    length = UInt64(count)
    self.hasher = hasher
  }

  /// Discards the bytes received so far.
  func restart() throws {
    try part.place.removeIfThere(part.recordPath)
    try file.truncate(to: 0)
    hasher = SHA256()
    length = 0
  }

  /// Refuses a content that does not fit, before it is fetched.
  /// - Parameter total: of the whole file.
  func requireRoom(total: UInt64, trying operation: String) throws {
    guard total <= limits.maximumBytes else { throw tooLarge(operation) }
    guard total >= length else { return }
    let available = try part.place.files.availableBytes(at: part.path.removingLastComponent())
    let (needed, overflow) = (total - length).addingReportingOverflow(limits.freeBytesToKeep)
    guard !overflow, needed <= available else {
      throw StrategyError(
        .diskFull, trying: operation,
        "the disk has \(available) bytes left, \(total - length) are needed and \(limits.freeBytesToKeep) stay free",
        hint: "free some space; nothing was lost", disposition: .host)
    }
  }

  func append(_ bytes: UnsafeRawBufferPointer, trying operation: String) throws {
    let count = UInt64(bytes.count)
    guard length + count <= limits.maximumBytes else { throw tooLarge(operation) }
    if written / Self.spaceCheckBytes != (written + count) / Self.spaceCheckBytes {
      try requireRoom(total: length + count, trying: operation)
    }
    try file.write(bytes)
    hasher.update(bufferPointer: bytes)
    length += count
    written += count
  }

  /// Makes the content durable and reads it back.
  /// - Returns: the digest, the same of what came and of what the disk has.
  func finish(trying operation: String, cancellation: CancellationFlag) throws -> Checksum {
    let streamed = Checksum(sha256: hasher.finalize())
    try file.synchronize()
    try file.close()
    let stored = try FileDigest(reading: OpenFile(part.path), cancellation: cancellation)
    guard stored?.checksum == streamed else {
      throw StrategyError(
        .broken, trying: operation, "what was written to '\(part.path)' reads back as something else",
        hint: "look at the kernel's log, and for another process that writes there")
    }
    return streamed
  }

  /// The digest of what came, without waiting for the disk.
  func digest() -> Checksum { Checksum(sha256: hasher.finalize()) }

  private func tooLarge(_ operation: String) -> StrategyError {
    StrategyError(
      .limitExceeded, trying: operation, "the file is larger than \(limits.maximumBytes) bytes",
      hint: "raise the limit of the kind, or exclude the file")
  }
}
