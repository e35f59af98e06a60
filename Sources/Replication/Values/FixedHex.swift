/// 64 bits as 16 small hexadecimal digits, the form of incarnations, log ids and chains in files and URLs.
package enum FixedHex {
  /// The digits, with leading zeros.
  package static func text(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// `nil` for anything but 16 small hexadecimal digits.
  package static func value(_ text: String) -> UInt64? {
    guard text.utf8.count == 16, !text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }),
      let value = UInt64(text, radix: 16), self.text(value) == text
    else { return nil }
    return value
  }
}
