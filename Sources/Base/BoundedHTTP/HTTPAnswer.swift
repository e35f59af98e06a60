internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOHTTP1

/// What a server answered: the head, and the body as it comes. Lives only inside the closure that got it.
package final class HTTPAnswer {
  package let status: Int
  package let headers: HTTPHeaderFields

  private var body: HTTPClientResponse.Body.AsyncIterator
  private let watch: Watch
  private let limit: Int
  private var received = 0

  init(_ response: HTTPClientResponse, watch: Watch, limit: Int) {
    status = Int(response.status.code)
    var headers = HTTPHeaderFields()
    for (name, value) in response.headers { headers.add(name, value) }
    self.headers = headers
    body = response.body.makeAsyncIterator()
    self.watch = watch
    self.limit = limit
  }

  /// The next piece of the body, decompressed where the client does that; `nil` at its proper end.
  /// - Throws: `HTTPFailure`: the body is too long, cut or silent, or the exchange is over for another reason.
  package func next() async throws(HTTPFailure) -> [UInt8]? {
    watch.waitBegins()
    defer { watch.waitEnds() }
    do {
      guard let piece = try await body.next(isolation: #isolation) else { return nil }
      received += piece.readableBytes
      guard received <= limit else { throw HTTPFailure(.bodyTooLarge, "the body is longer than \(limit) bytes") }
      return Array(piece.readableBytesView)
    } catch {
      throw HTTPFailure(translating: error, answerBegan: true)
    }
  }

  /// The whole body, or as much of it as `limit` allows.
  /// - Throws: as `next`.
  package func prefix(_ limit: Int) async throws(HTTPFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < limit, let piece = try await next() { bytes += piece.prefix(limit - bytes.count) }
    return bytes
  }
}

/// Reads `Retry-After` (RFC 9110 § 10.2.3): seconds, or a date.
package enum RetryAfter {
  /// What a server may ask for at most; a longer time is taken for this one, so that a mistake over there does not stop
  /// work for good.
  package static let longest = Duration.seconds(86_400)

  /// Returns the time that the server asks to wait; `nil` for text that is neither a number of seconds nor a date.
  ///
  /// - Parameter now: seconds since 1970.
  package static func duration(_ text: String, now: Int = time(nil)) -> Duration? {
    let trimmed = text.trimmingSpaces
    if !trimmed.isEmpty, trimmed.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      // More digits than a number holds ask for longer than anything.
      guard let seconds = Int(trimmed) else { return longest }
      return min(.seconds(seconds), longest)
    }
    guard let moment = date(trimmed, now) else { return nil }
    return min(max(.seconds(moment - now), .zero), longest)
  }

  /// The three forms of an HTTP date (RFC 9110 § 5.6.7), in seconds since 1970.
  private static func date(_ text: String, _ now: Int) -> Int? {
    let words = text.split { " ,-:".contains($0) }.map { String($0) }
    let day: String
    let month: String
    let year: String
    let clock: ArraySlice<String>
    switch words.count {
    // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT.
    case 8 where words[7] == "GMT": (day, month, year, clock) = (words[1], words[2], words[3], words[4...6])
    // Sun Nov  6 08:49:37 1994.
    case 7: (day, month, year, clock) = (words[2], words[1], words[6], words[3...5])
    default: return nil
    }
    let parsed = clock.compactMap { Int32($0) }
    guard let day = Int32(day), let number = months.firstIndex(of: month), let year = Int32(year), parsed.count == 3,
      (1...31).contains(day), (0...23).contains(parsed[0]), (0...59).contains(parsed[1]), (0...60).contains(parsed[2]),
      (0...9_999).contains(year)
    else { return nil }
    var parts = tm()
    parts.tm_mday = day
    parts.tm_mon = Int32(number)
    parts.tm_year = year < 100 ? year + 100 : year - 1_900
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (parsed[0], parsed[1], parsed[2])
    let moment = timegm(&parts)
    // Two digits that seem to be more than 50 years ahead are of the past (RFC 9110 § 5.6.7).
    guard year < 100, moment - now > 50 * 365 * 86_400 else { return moment }
    parts.tm_year = year
    return timegm(&parts)
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}

extension String {
  fileprivate var trimmingSpaces: String {
    var rest = self[...]
    while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
