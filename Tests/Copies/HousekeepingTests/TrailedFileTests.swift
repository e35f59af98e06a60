import Crypto
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

@Suite struct TrailedFileTests {
  @Test(
    "the digest at the end of a file of any length detects each flipped bit",
    arguments: [0, 1, 19, 20, 1 << 20, (1 << 20) + 7, (2 << 20) - 20])
  func lengths(count: Int) throws {
    let directory = try TemporaryDirectory("trailer")
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let bytes = content + Insecure.SHA1.hash(data: content)
    let path = try directory.write(bytes: bytes, to: "file")
    let reading = try #require(try TrailedFile.read(FilePath(path)) { _ in })
    #expect(reading.isSound && reading.bytes == Int64(bytes.count) && reading.tail == Array(bytes.suffix(40)))
    for place in Set([0, bytes.count / 2, bytes.count - 1]) {
      var flipped = bytes
      flipped[place] ^= 4
      let path = try directory.write(bytes: flipped, to: "file")
      #expect(try TrailedFile.read(FilePath(path)) { _ in }?.isSound == false)
    }
    try directory.write(bytes: Array(bytes.dropLast()), to: "file")
    #expect(try TrailedFile.read(FilePath(path)) { _ in }?.isSound == false)
  }

  @Test("a file that is not there is none, and one of a few bytes is not sound")
  func none() throws {
    let directory = try TemporaryDirectory("trailer")
    #expect(try TrailedFile.read(FilePath(directory.path("none"))) { _ in } == nil)
    let path = try directory.write(bytes: [1, 2, 3], to: "short")
    #expect(try TrailedFile.read(FilePath(path)) { _ in }?.isSound == false)
  }
}
