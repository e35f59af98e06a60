/// The first 12 bytes of a pack, collected from parts of any size and judged before libgit2 sees them.
///
/// libgit2 believes the object count and allocates for it: 12 bytes of a hostile server can demand 48 GiB.
struct PackHeader {
  private static let byteCount = 12
  private var bytes: [UInt8] = []
  /// Set as soon as the header is complete.
  private(set) var objectCount: Int?

  /// Takes what it still needs from the front of `part`.
  /// - Throws: `packCorrupt` when this is no pack, `limitExceeded` when it holds more objects than allowed.
  mutating func feed(_ part: UnsafeRawBufferPointer, maximumObjects: Int) throws(GitError) {
    guard objectCount == nil else { return }
    bytes.append(contentsOf: part.prefix(Self.byteCount - bytes.count))
    guard bytes.count == Self.byteCount else { return }
    guard bytes.starts(with: "PACK".utf8) else { throw Self.corrupt("these bytes are not a pack") }
    let version = Self.number(bytes[4..<8])
    // Version 3 was never written by any git; nothing is lost by refusing it.
    guard version == 2 else { throw Self.corrupt("pack version \(version)") }
    let count = Self.number(bytes[8..<12])
    guard count <= maximumObjects else {
      throw GitError(
        code: .limitExceeded, operation: "index pack",
        message: "the pack has \(count) objects, the limit is \(maximumObjects)")
    }
    objectCount = count
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  private static func corrupt(_ message: String) -> GitError {
    GitError(code: .packCorrupt, operation: "index pack", message: message)
  }
}
