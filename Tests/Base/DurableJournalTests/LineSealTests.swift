import Crypto
import DurableJournal
import Testing
import TextBytes

@Suite struct LineSealTests {
  private let seal = LineSeal("check")

  private func sealed(_ body: String) -> [UInt8] {
    var (bytes, digest) = (Array(body.utf8), SealDigest())
    digest.add(bytes)
    seal.append(digest.value, to: &bytes)
    return bytes
  }

  @Test("the seal is the first 16 digits of SHA-256 over the bytes before it")
  func form() {
    let digits = Hex.text(SHA256.hash(data: Array("{\"a\":1".utf8))).prefix(16)
    #expect(String(decoding: sealed("{\"a\":1"), as: UTF8.self) == "{\"a\":1,\"check\":\"\(digits)\"}")
  }

  @Test("a flipped bit anywhere is found, or leaves a text without a seal")
  func flipped() {
    let whole = sealed("{\"entry\":{\"id\":1}")
    #expect(whole.withUnsafeBytes { seal.isIntact($0) } == true)
    for index in whole.indices {
      for bit in 0..<8 {
        var changed = whole
        changed[index] ^= 1 << bit
        let isMark = index >= whole.count - seal.length && index < whole.count - 18
        #expect(changed.withUnsafeBytes { seal.isIntact($0) } == (isMark ? nil : false), "byte \(index) bit \(bit)")
      }
    }
  }

  @Test("a text without a seal, a seal without a body and another member are no seal")
  func missing() {
    var bare: [UInt8] = []
    seal.append(1, to: &bare)
    for text in [[], Array("{}".utf8), bare, sealed("{\"a\":1") + [UInt8(ascii: "\n")]] {
      #expect(text.withUnsafeBytes { seal.isIntact($0) } == nil)
    }
    #expect(sealed("{\"a\":1").withUnsafeBytes { LineSeal("chain").isIntact($0) } == nil)
  }

  @Test("a digest of parts is that of the whole, and its value can be read in between")
  func parts() {
    var (whole, parts) = (SealDigest(), SealDigest())
    whole.add(Array("abcdef".utf8))
    parts.add(Array("abc".utf8))
    #expect(parts.value != whole.value)
    Array("def".utf8).withUnsafeBytes { parts.add($0) }
    #expect(parts.value == whole.value)
  }
}
