/// How a write that was under way looks after a loss of power.
enum DiskTear: CaseIterable, Sendable {
  /// The first half of the bytes came to the disk, the length of the file with them.
  case half
  /// The first half came to the disk, the length is the whole one: zeros behind.
  case halfThenZeros
  /// The length came to the disk, no byte did.
  case zeros

  /// Returns what the write left of its bytes.
  func apply(_ bytes: [UInt8]) -> [UInt8] {
    let half = bytes.count / 2
    return switch self {
    case .half: Array(bytes[..<half])
    case .halfThenZeros: Array(bytes[..<half]) + [UInt8](repeating: 0, count: bytes.count - half)
    case .zeros: [UInt8](repeating: 0, count: bytes.count)
    }
  }
}
