internal import Crypto
internal import SystemPackage

/// A file of git's that ends with the SHA-1 of all before it: packs, their indexes, and files derived from them.
enum TrailedFile {
  /// How long it is, whether its trailer is right, and its last 40 bytes: an index names its pack's trailer before its
  /// own.
  struct Reading {
    let bytes: Int64
    let isSound: Bool
    /// Why not all of it could be read, as a failing disk answers; it is not sound then.
    var failure: String?
    let tail: [UInt8]

    /// The problem, for a finding.
    var complaint: String { failure.map { "it cannot be read: \($0)" } ?? "its bytes are not what its digest says" }
  }

  static let trailerBytes = 20
  private static let partBytes = 1 << 20

  /// Reads all of it; `nil` when it is not there.
  ///
  /// - Parameter checkpoint: receives the length of each part after it was read; may throw to stop.
  static func read(_ path: FilePath, _ checkpoint: (Int) throws -> Void) throws -> Reading? {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    } catch Errno.noSuchFileOrDirectory {
      return nil
    }
    return try descriptor.closeAfter {
      var hash = Insecure.SHA1()
      // Bytes that were read and may be the trailer.
      var pending: [UInt8] = []
      var tail: [UInt8] = []
      var total: Int64 = 0
      var part = [UInt8](repeating: 0, count: partBytes)
      while true {
        let count: Int
        do {
          count = try part.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        } catch let error as Errno where error == .ioError {
          return Reading(bytes: total, isSound: false, failure: "\(error)", tail: [])
        }
        guard count > 0 else { break }
        total += Int64(count)
        tail = (tail + part[..<count].suffix(2 * trailerBytes)).suffix(2 * trailerBytes)
        if count >= trailerBytes {
          hash.update(data: pending)
          part.withUnsafeBytes {
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<(count - trailerBytes)]))
          }
          pending = Array(part[(count - trailerBytes)..<count])
        } else {
          pending += part[..<count]
          let settled = max(0, pending.count - trailerBytes)
          hash.update(data: pending[..<settled])
          pending.removeFirst(settled)
        }
        try checkpoint(count)
      }
      let isSound = pending.count == trailerBytes && pending.elementsEqual(hash.finalize())
      return Reading(bytes: total, isSound: isSound, tail: Array(tail))
    }
  }
}
