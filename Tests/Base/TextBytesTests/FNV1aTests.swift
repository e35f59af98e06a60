import Testing
import TextBytes

@Suite("FNV-1a")
struct FNV1aTests {
  @Test(
    "has the values that its authors publish",
    arguments: [
      ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
    ] as [(String, UInt64)])
  func vectors(text: String, expected: UInt64) {
    #expect(FNV1a.hash(text.utf8) == expected)
    var hash = FNV1a()
    for byte in text.utf8 { hash.add(byte) }
    #expect(hash.value == expected)
  }

  @Test("a number is its eight bytes, the lowest first")
  func numbers() {
    var hash = FNV1a()
    hash.add(bytesOf: 0x0102_0304_0506_0708)
    #expect(hash.value == FNV1a.hash([8, 7, 6, 5, 4, 3, 2, 1]))
  }

  @Test("words are spread: the value that files of digests hold")
  func words() {
    var hash = FNV1a()
    for word: UInt64 in [1, 2, .max] { hash.add(word: word) }
    #expect(hash.value == 0xd291_4192_fb73_3208)
    var other = FNV1a()
    for word: UInt64 in [1, 2, .max] { other.add(bytesOf: word) }
    #expect(hash.value != other.value)
  }
}
