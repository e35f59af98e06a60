/// All contents that one recording and its crash states know.
struct DiskContentPool {
  /// Length and two hashes of the bytes: taken from the whole buffer at once, because comparing arrays element by
  /// element takes most of the time of a debug build. Two contents are mistaken for one with a chance of 2^-128.
  private struct Key: Hashable {
    let count: Int
    let first: Int
    let second: Int

    init(_ bytes: [UInt8]) {
      var hasher = Hasher()
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
      count = bytes.count
      first = hasher.finalize()
      hasher = Hasher()
      hasher.combine(first)
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
      second = hasher.finalize()
    }
  }

  private var known: [Key: DiskContent] = [:]

  mutating func content(_ bytes: [UInt8]) -> DiskContent {
    let key = Key(bytes)
    if let content = known[key] { return content }
    let content = DiskContent(bytes: bytes, number: known.count)
    known[key] = content
    return content
  }
}
