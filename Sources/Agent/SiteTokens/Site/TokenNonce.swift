import TextBytes

/// 128 random bits that identify a token: its claim `jti`.
struct TokenNonce: Hashable {
  private let high: UInt64
  private let low: UInt64

  init() {
    high = .random(in: .min ... .max)
    low = .random(in: .min ... .max)
  }

  /// `nil` unless the text is 32 small hexadecimal digits: one nonce has one spelling.
  init?(_ text: String) {
    guard text.utf8.count == 32, let high = Hex.number(text.prefix(16)), let low = Hex.number(text.suffix(16)) else {
      return nil
    }
    self.high = high
    self.low = low
  }

  var text: String { "\(Hex.padded(high))\(Hex.padded(low))" }
}
