internal import CLibgit2

/// Unpacks a gzip stream (RFC 1952) piece by piece, in constant memory.
///
/// One stream, as git sends it: bytes behind its end are damage. zlib's own checks of length and checksum apply.
/// Corresponds to zlib's `inflate`.
package final class Gunzip {
  /// At an address of its own: zlib keeps it, and refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private var status = Z_OK

  /// - Throws: when zlib has no memory.
  package init() throws(GitError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard remora_gunzip_init(stream) == Z_OK else {
      throw GitError(code: .generic, errorClass: .memory, operation: "inflateInit2", message: "zlib did not start")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// True when the stream has come to its end and its checks were right.
  package var isAtEnd: Bool { status == Z_STREAM_END }

  /// Unpacks the next piece and lends what comes out to `take`, at most 64 KiB at a time.
  ///
  /// - Throws: `malformed`, and what `take` throws.
  package func unpack(_ input: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard !input.isEmpty else { return }
    guard input.count <= Int(UInt32.max) else { throw Self.malformed("a piece of more than 4 GiB") }
    // zlib only reads the input; its header has no const for the sake of old compilers.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(input.count)
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { output in
      repeat {
        guard status == Z_OK else { throw Self.malformed("bytes behind the end") }
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(output.count)
        status = inflate(stream, Z_NO_FLUSH)
        // "No progress" is no damage: the input is used up.
        if status == Z_BUF_ERROR { status = Z_OK }
        guard status == Z_OK || status == Z_STREAM_END else { throw Self.malformed("zlib answered \(status)") }
        let count = output.count - Int(stream.pointee.avail_out)
        if count > 0 { try take(UnsafeRawBufferPointer(rebasing: output[..<count])) }
      } while stream.pointee.avail_in > 0 || (status == Z_OK && stream.pointee.avail_out == 0)
    }
  }

  private static func malformed(_ message: String) -> GitError {
    GitError(code: .malformed, operation: "unpack gzip", message: message)
  }
}
