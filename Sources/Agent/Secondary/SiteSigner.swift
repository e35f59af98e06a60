internal import AgentAPI
package import BoundedHTTP
package import Foundation
package import SiteTokens
internal import Synchronization

/// Proves to the primary who asks: a token for each request, for no other host.
package final class SiteSigner: RequestSigner {
  private let origin: String
  private let issuer: SiteTokenIssuer
  private let now: @Sendable () -> Date
  /// The start of the primary that tokens must name, once it said which.
  private let start = Mutex<String?>(nil)

  /// - Parameters:
  ///   - url: the primary's; only requests to its scheme, host and port are signed.
  ///   - issuer: makes the tokens.
  ///   - now: this site's clock.
  package init(url: String, issuer: SiteTokenIssuer, now: @escaping @Sendable () -> Date) {
    origin = Self.split(url).origin
    self.issuer = issuer
    self.now = now
  }

  /// The name that the primary calls itself; `nil` before it ever answered.
  package var audience: String? {
    start.withLock { $0 }.flatMap { $0.split(separator: "/").first.map { String($0) } }
  }

  package func authorization(for request: HTTPRequest) async throws -> String? {
    let (origin, target) = Self.split(request.url)
    guard origin == self.origin else { return nil }
    let token = try await issuer.token(
      method: request.method.rawValue, pathAndQuery: target,
      bodyDigest: request.body.isEmpty ? .ofNothing : BodyDigest(of: request.body), start: start.withLock { $0 },
      now: now())
    return "Bearer \(token)"
  }

  package func learns(fromRefusal headers: HTTPHeaderFields) -> Bool {
    guard let told = headers[SiteTokenHeader.start], told.utf8.count <= 200 else { return false }
    start.withLock { $0 = told }
    return true
  }

  /// Scheme, host and port in small letters; and what the request line will say.
  private static func split(_ url: String) -> (origin: String, target: String) {
    guard let scheme = url.range(of: "://") else { return (url.lowercased(), "/") }
    let end = url[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? url.endIndex
    let target = url[end...]
    return (url[..<end].lowercased(), target.hasPrefix("/") ? String(target) : "/\(target)")
  }
}
