import AsyncHTTPClient
import NIOCore
import NIOHTTP1

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
