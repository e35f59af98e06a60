internal import AgentAPI
package import BoundedHTTP
package import Foundation
package import SiteTokens
internal import Synchronization
internal import TextBytes

/// Signs requests to the primary: a token for each request, for no other host.
///
/// After a reload with another secret the previous one is kept for a while: a primary that was not reloaded yet refuses
/// the new one, and the request is repeated with the old one, and vice versa.
package final class SiteSigner: RequestSigner {
  private struct State {
    var issuer: SiteTokenIssuer
    /// The issuer before it, and until when it may still be used.
    var former: (issuer: SiteTokenIssuer, end: ContinuousClock.Instant)?
    var usesFormer = false
    var switchedAt: ContinuousClock.Instant?
    /// The start of the primary that tokens must name, once received.
    var start: String?
  }

  private let origin: String
  private let now: @Sendable () -> Date
  private let state: Mutex<State>

  /// Concurrent requests are refused concurrently: they switch the secret only once.
  private static let pause = Duration.seconds(1)

  /// - Parameters:
  ///   - url: the primary's; only requests to its scheme, host and port are signed.
  ///   - issuer: makes the tokens.
  ///   - now: this site's clock.
  package init(url: String, issuer: SiteTokenIssuer, now: @escaping @Sendable () -> Date) {
    origin = Self.split(url).origin
    state = Mutex(State(issuer: issuer))
    self.now = now
  }

  /// The primary's own name; `nil` before its first answer.
  package var audience: String? {
    state.withLock { $0.start }.flatMap { $0.split(separator: "/").first.map { String($0) } }
  }

  /// Signs with another issuer from now on; the previous one is tried when that is refused, for as long as a verifier
  /// accepts it.
  package func replace(_ issuer: SiteTokenIssuer, overlap: Duration = SiteTokenVerifier.overlap) {
    let end = ContinuousClock.now + overlap
    state.withLock { state in
      if !issuer.hasSameSecret(as: state.issuer) { state.former = (state.issuer, end) }
      state.issuer = issuer
      state.usesFormer = false
    }
  }

  /// Copies the state of the signer that this one replaces.
  package func succeed(_ other: SiteSigner) {
    guard other.origin == origin else { return }
    let (issuer, former) = other.state.withLock { ($0.issuer, $0.former) }
    let end = ContinuousClock.now + SiteTokenVerifier.overlap
    state.withLock { $0.former = issuer.hasSameSecret(as: $0.issuer) ? former : (issuer, end) }
  }

  package func authorization(for request: HTTPRequest) async throws -> String? {
    let (origin, target) = Self.split(request.url)
    guard origin == self.origin else { return nil }
    let (issuer, start) = state.withLock { state in
      if let end = state.former?.end, end < .now { (state.former, state.usesFormer) = (nil, false) }
      return (state.usesFormer ? state.former?.issuer ?? state.issuer : state.issuer, state.start)
    }
    let token = try await issuer.token(
      method: request.method.rawValue, pathAndQuery: target,
      bodyDigest: request.body.isEmpty ? .ofNothing : BodyDigest(of: request.body), start: start,
      now: now())
    return "Bearer \(token)"
  }

  package func learns(fromRefusal headers: HTTPHeaderFields) -> Bool {
    if let start = headers[SiteTokenHeader.start] {
      // `NAME/WORD`: the name is displayed and put into the next token.
      guard start.utf8.count <= 200, let name = start.split(separator: "/").first, SiteName(String(name)) != nil,
        start.unicodeScalars.allSatisfy({ ForeignText.prints($0) })
      else { return false }
      state.withLock { $0.start = start }
      return true
    }
    let now = ContinuousClock.now
    return state.withLock { state in
      guard let former = state.former, former.end > now else { return false }
      if state.switchedAt.map({ now - $0 > Self.pause }) ?? true {
        state.usesFormer.toggle()
        state.switchedAt = now
      }
      return true
    }
  }

  /// Returns scheme, host and port in lower case, and the request target.
  private static func split(_ url: String) -> (origin: String, target: String) {
    guard let scheme = url.range(of: "://") else { return (url.lowercased(), "/") }
    let end = url[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? url.endIndex
    let target = url[end...]
    return (url[..<end].lowercased(), target.hasPrefix("/") ? String(target) : "/\(target)")
  }
}
