/// The header `Content-Range` of a part (RFC 9110 § 14.4): `bytes FIRST-LAST/TOTAL`.
struct ContentRange: Hashable {
  let first: UInt64
  let last: UInt64
  /// `nil` where the server says `*`.
  let total: UInt64?

  /// - Returns: `nil` for other units, for an unsatisfied range, and for numbers that contradict each other.
  init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
    let halves = words[1].split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2 else { return nil }
    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last else {
      return nil
    }
    let total = Self.number(halves[1])
    guard total != nil || halves[1] == "*", last < total ?? .max else { return nil }
    self.first = first
    self.last = last
    self.total = total
  }

  /// Digits only: `UInt64` itself also takes a sign.
  static func number(_ text: some StringProtocol) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return UInt64(text)
  }
}
