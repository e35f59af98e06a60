import Git
import TestSupport
import Testing

@Suite struct GunzipTests {
  private func unpack(_ parts: [ArraySlice<UInt8>]) throws -> (bytes: [UInt8], isAtEnd: Bool) {
    let gunzip = try Gunzip()
    var bytes: [UInt8] = []
    for part in parts {
      try Array(part).withUnsafeBytes { part in try gunzip.unpack(part) { bytes += Array($0) } }
    }
    return (bytes, gunzip.isAtEnd)
  }

  private func pack(_ bytes: [UInt8]) throws -> [UInt8] {
    try ChildProcess("gzip", ["-c"], input: .bytes(bytes)).outcome().output
  }

  @Test("what gzip packed comes back, in pieces of any size", arguments: [1, 10, 1 << 20], [0, 1, 65_536, 200_001])
  func roundTrip(piece: Int, count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let packed = try pack(bytes)
    let parts = stride(from: 0, to: packed.count, by: piece).map { packed[$0..<min($0 + piece, packed.count)] }
    let result = try unpack(parts)
    #expect(result.bytes == bytes)
    #expect(result.isAtEnd)
  }

  @Test("a cut stream has no end, damage and bytes behind the end are errors")
  func damage() throws {
    let packed = try pack([UInt8](repeating: 7, count: 1000))
    #expect(try unpack([packed.dropLast()]).isAtEnd == false)
    #expect(throws: GitError.self) { try unpack([packed + [0]]) }
    #expect(throws: GitError.self) { try unpack([packed[...], [0]]) }
    var wrong = packed
    wrong[wrong.count - 6] ^= 1
    #expect(throws: GitError.self) { try unpack([wrong[...]]) }
  }
}
