internal import CLibgit2

/// zlib over a whole buffer. Every call makes progress or ends.
///
/// Corresponds to `inflateInit`, `inflate` and `inflateEnd`. Borrows the input: must not outlive it.
final class Inflater {
  /// At an address of its own: zlib keeps it, and refuses a stream that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private var status = Z_OK
  private var rest: UnsafeRawBufferPointer

  init(_ input: UnsafeRawBufferPointer) throws(GitError) {
    rest = input
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard remora_inflate_init(stream) == Z_OK else {
      throw GitError(code: .generic, errorClass: .memory, operation: "inflateInit", message: "zlib did not start")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func nextByte() -> UInt8? {
    var byte: UInt8 = 0
    return withUnsafeMutableBytes(of: &byte) { fill($0) } ? byte : nil
  }

  /// Inflates until the buffer is full; false when the stream does not have so much.
  func fill(_ output: UnsafeMutableRawBufferPointer) -> Bool {
    var filled = 0
    while filled < output.count {
      let count = step(UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
      guard count > 0 else { return false }
      filled += count
    }
    return true
  }

  /// True when the stream is complete, its checksum right, and nothing behind it.
  func isAtEnd() -> Bool {
    // The end may not have been looked at yet: with room for one more byte, none may come.
    var spare: UInt8 = 0
    let count = withUnsafeMutableBytes(of: &spare) { step($0) }
    return count == 0 && status == Z_STREAM_END && rest.isEmpty
  }

  /// Calls `inflate` until something comes out. Returns how much: 0 at the end, at damage, and when the input is used
  /// up, which `status` distinguishes.
  private func step(_ output: UnsafeMutableRawBufferPointer) -> Int {
    while status == Z_OK {
      // zlib counts in 32 bits.
      let input = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(UInt32.max)))
      let room = min(output.count, Int(UInt32.max))
      // It only reads the input; zlib.h has no const for the sake of old compilers.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(input.count)
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      status = inflate(stream, Z_NO_FLUSH)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(input.count - Int(stream.pointee.avail_in)))
      let produced = room - Int(stream.pointee.avail_out)
      if produced > 0 { return produced }
    }
    return 0
  }
}
