import GitValues
import Testing

@Suite("Object ids")
struct ObjectIDTests {
  static let digits = "0123456789abcdef0123456789abcdef01234567"

  @Test("forty digits of either case are an id, printed in lower case", arguments: [digits, digits.uppercased()])
  func parses(text: String) throws {
    let oid = try #require(ObjectID(text))
    #expect(oid.hex == Self.digits)
    #expect("\(oid)" == Self.digits)
    #expect(!oid.isZero)
  }

  static let noIDs: [String] = [
    "", "0", String(digits.dropLast()), "\(digits)8", " \(digits.dropLast())", "\(digits.dropLast())g",
    "\(digits.dropLast())\n", "\(digits.dropLast(2))é", "0x\(digits.dropLast(2))", "\(digits)0123456789abcdef01234567",
  ]

  @Test("anything but forty hexadecimal digits is no id", arguments: noIDs)
  func refuses(text: String) { #expect(ObjectID(text) == nil) }

  @Test("twenty bytes make the id whose digits they are, from unaligned memory too")
  func readsBytes() {
    let bytes: [UInt8] = [0xFF] + (0..<20).map { UInt8($0 * 13) } + [0xFF]
    bytes.withUnsafeBytes { memory in
      let oid = ObjectID(rawBytes: UnsafeRawBufferPointer(rebasing: memory[1...]))
      #expect(oid.withBytes { Array($0) } == Array(bytes[1...20]))
      #expect(oid.hex.hasPrefix("000d1a27"))
      #expect(ObjectID(oid.hex) == oid)
    }
  }

  @Test("ids are in the order of their digits, so of their bytes")
  func order() throws {
    let sorted = [
      String(repeating: "0", count: 40), String(repeating: "0", count: 39) + "1",
      "0000000000000000000000008" + String(repeating: "0", count: 15),
      "00000000000000008" + String(repeating: "0", count: 23), "7" + String(repeating: "f", count: 39),
      "8" + String(repeating: "0", count: 39), String(repeating: "f", count: 40),
    ]
    let oids = try sorted.map { try #require(ObjectID($0)) }
    #expect(oids.shuffled().sorted().map(\.hex) == sorted)
    #expect(oids[0] == .zero)
    #expect(oids[0].isZero)
  }

  @Test("a byte that is no digit is refused at every place", arguments: [0, 7, 8, 19, 32, 39])
  func everyByte(position: Int) {
    for byte in UInt8.min...UInt8.max {
      var digits = [UInt8](repeating: UInt8(ascii: "7"), count: ObjectID.hexCount)
      digits[position] = byte
      let value = Character(UnicodeScalar(byte)).hexDigitValue
      let expected = byte < 0x80 ? value : nil
      let oid = ObjectID(hex: digits)
      #expect((oid != nil) == (expected != nil), "byte \(byte)")
      if let oid, let expected { #expect(Array(oid.hex)[position].hexDigitValue == expected) }
    }
  }
}
