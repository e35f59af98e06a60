/// 128 random bits by which a token is known again: its claim `jti`.
struct TokenNonce: Hashable {
  private let high: UInt64
  private let low: UInt64

  init() {
    high = .random(in: .min ... .max)
    low = .random(in: .min ... .max)
  }

  /// `nil` unless the text is 32 small hexadecimal digits: one nonce has one spelling.
  init?(_ text: String) {
    let digits = text[...].utf8
    guard digits.count == 32, let high = Hex.number(digits.prefix(16)), let low = Hex.number(digits.suffix(16)) else {
      return nil
    }
    self.high = high
    self.low = low
  }

  var text: String {
    Hex.text([high, low].flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) } })
  }
}
