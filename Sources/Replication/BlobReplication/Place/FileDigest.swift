import Crypto
import DurableFiles
import Replication
import SystemPackage
import WorkerPool

/// A file's digest with what the file looked like when it was read.
struct FileDigest {
  let checksum: Checksum
  let stamp: FileStamp

  /// Read at a time. Large enough to make the calls cheap, small enough to be asked often whether to stop.
  static let stepBytes = 256 << 10

  /// Reads a file to its end.
  /// - Returns: `nil` when it changed meanwhile.
  init?(reading file: OpenFile, cancellation: CancellationFlag) throws {
    let before = try file.stamp()
    var hasher = SHA256()
    let size = try Self.forEachPiece(of: file, cancellation: cancellation) { hasher.update(bufferPointer: $0) }
    guard try file.stamp() == before, size == before.size else { return nil }
    checksum = Checksum(sha256: hasher.finalize())
    stamp = before
  }

  /// Gives all bytes in order.
  /// - Returns: how many.
  static func forEachPiece(
    of file: OpenFile, cancellation: CancellationFlag, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int64 {
    try withUnsafeTemporaryAllocation(byteCount: stepBytes, alignment: 16) { buffer in
      var position: Int64 = 0
      while true {
        try cancellation.check()
        let count = try file.read(into: buffer, at: position)
        if count == 0 { return position }
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        position += Int64(count)
      }
    }
  }
}
