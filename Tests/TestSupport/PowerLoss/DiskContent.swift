/// The content of one file at one moment of a recording; equal contents are the same object.
///
/// The number stands for the bytes wherever many states of a disk are compared.
final class DiskContent: Sendable {
  let bytes: [UInt8]
  let number: Int

  fileprivate init(bytes: [UInt8], number: Int) {
    self.bytes = bytes
    self.number = number
  }
}

/// All contents that one recording and its crash states know.
struct DiskContentPool {
  private var known: [[UInt8]: DiskContent] = [:]

  mutating func content(_ bytes: [UInt8]) -> DiskContent {
    if let content = known[bytes] { return content }
    let content = DiskContent(bytes: bytes, number: known.count)
    known[bytes] = content
    return content
  }
}
