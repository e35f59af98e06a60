internal import Glibc

extension UnsafeRawBufferPointer {
  /// Where the byte occurs first, from `start` on; nil when it does not. By memchr(3): every byte of the log passes
  /// here.
  package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    return memchr(base + start, CInt(byte), count - start).map { UnsafeRawPointer($0) - base }
  }
}
