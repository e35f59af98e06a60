import Glibc

/// The two ends of a pipe, closed on exec.
struct DescriptorPair {
  let reading: Int32
  let writing: Int32

  static func pipe() throws -> DescriptorPair {
    var ends: [Int32] = [-1, -1]
    guard GlibcOnly.pipe2(&ends, O_CLOEXEC) == 0 else { throw TestSupportError.systemCall("pipe2", number: errno) }
    return DescriptorPair(reading: ends[0], writing: ends[1])
  }
}
