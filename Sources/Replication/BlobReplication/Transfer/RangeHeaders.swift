internal import BoundedHTTP
internal import Replication

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

/// By what a server distinguishes two contents of one URL, byte for byte (RFC 9110 § 8.8.1): the value of `If-Range`.
struct StrongValidator: Hashable {
  let text: String

  init(text: String) { self.text = text }

  /// A strong `ETag`, or a `Last-Modified` that lies so far before the answer's `Date` that the content cannot have
  /// changed twice within its second (RFC 9110 § 8.8.2.2).
  /// - Returns: `nil` when the answer has neither.
  init?(_ headers: HTTPHeaderFields) {
    if let tag = headers["ETag"] {
      // A weak tag stands for contents that are alike, not equal; then the date may still do.
      let isQuoted = tag.utf8.count >= 2 && tag.hasPrefix("\"") && tag.hasSuffix("\"")
      if isQuoted, tag.utf8.count <= Self.maximumBytes {
        text = tag
        return
      }
    }
    guard let modified = headers["Last-Modified"], let date = headers["Date"],
      let changedAt = HTTPDate.timestamp(modified), let answeredAt = HTTPDate.timestamp(date),
      answeredAt - changedAt >= Self.settled
    else { return nil }
    text = modified
  }

  /// The margin that RFC 7232 § 2.2.2 demanded; its successor leaves it to the reader.
  private static let settled = Duration.seconds(60)
  /// Longer ones are not worth keeping.
  private static let maximumBytes = 1_024
}

/// The date of HTTP headers (RFC 9110 § 5.6.7), in the one form that servers may send today.
enum HTTPDate {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` for anything else.
  static func timestamp(_ text: String) -> Timestamp? {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 6, words[5] == "GMT", words[0].hasSuffix(","),
      let month = months.firstIndex(of: String(words[2]))
    else { return nil }
    let number = month + 1
    return Timestamp("\(words[3])-\(number < 10 ? "0" : "")\(number)-\(words[1])T\(words[4]).000Z")
  }
}
