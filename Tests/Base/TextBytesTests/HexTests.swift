import TestSupport
import Testing
import TextBytes

@Suite("Hexadecimal digits")
struct HexTests {
  @Test("every byte is read back as it was written")
  func bytes() {
    let all = Array(UInt8.min...UInt8.max)
    let text = Hex.text(all)
    #expect(text.utf8.count == 512 && text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
    #expect(Hex.bytes(text) == all)
    #expect(Hex.bytes(text.uppercased()) == nil)
    #expect(Hex.bytes(text.uppercased(), allowsCapitals: true) == all)
    #expect(Hex.text([]) == "" && Hex.bytes("") == [])
  }

  @Test("every byte is a digit or none")
  func digits() {
    for byte in UInt8.min...UInt8.max {
      let value = UInt8(String(Unicode.Scalar(byte)), radix: 16)
      let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
      #expect(Hex.value(byte) == (isCapital ? nil : value))
      #expect(Hex.value(byte, allowsCapitals: true) == value)
      #expect(Hex.value(Hex.digit(byte)) == byte & 15)
    }
  }

  @Test(
    "what is no pair of digits is refused, signs too",
    arguments: ["0", "abc", "0g", "+f", "-1", " 1", "0x", "é", "ﬀ", "00 11", "\u{0}0", "０1"])
  func refused(text: String) {
    #expect(Hex.bytes(text) == nil)
    #expect(Hex.bytes(text, allowsCapitals: true) == nil)
  }

  @Test("a number of 64 bits has 16 digits in every form")
  func numbers() {
    var generator = SeededGenerator(seed: 3)
    let random = (0..<500).map { _ in UInt64.random(in: .min ... .max, using: &generator) }
    for number in [0, 1, 0xf, 0x10, .max, .max - 1, 1 << 63] + random {
      let text = Hex.padded(number)
      #expect(text.utf8.count == Hex.numberLength && Hex.number(text) == number)
      #expect(String(number, radix: 16) == String(text.drop { $0 == "0" }) || number == 0)
      var bytes = Array("x".utf8)
      Hex.append(number, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == "x\(text)")
      let written = String(unsafeUninitializedCapacity: 18) { buffer in
        buffer[0] = UInt8(ascii: "<")
        return Hex.write(number, to: buffer, at: 1)
      }
      #expect(written == "<\(text)")
    }
  }

  @Test(
    "what is not 16 small digits is no number",
    arguments: [
      "", "0", "000000000000000", "00000000000000000", "00000000000000AB", "+000000000000001", "000000000000000g",
      "0x00000000000001", "000000000000001\u{0}", "ａ000000000000000",
    ])
  func noNumber(text: String) { #expect(Hex.number(text) == nil) }
}
