import Foundation
import JWTKit
import TestSupport

@testable import SiteTokens

/// Two sites with one secret, `berlin` asking `oslo`, and a clock that the test sets.
final class TokenFixture: Sendable {
  static let berlin = SiteName("berlin")!
  static let oslo = SiteName("oslo")!
  static let now = Date(timeIntervalSince1970: 1_800_000_000)

  let directory: TemporaryDirectory
  let secret: SiteSecret
  let issuer: SiteTokenIssuer

  init() async throws {
    directory = try TemporaryDirectory("tokens")
    secret = try SiteSecret.generate(at: directory.path("berlin.secret"))
    issuer = await SiteTokenIssuer(site: Self.berlin, audience: Self.oslo, secret: secret, epoch: { 7 })
  }

  /// Makes oslo's verifier, as it is after a start.
  func verifier(capacity: Int = 100) async -> SiteTokenVerifier {
    await SiteTokenVerifier(audience: Self.oslo, sites: [Self.berlin: secret], capacity: capacity)
  }

  func token(for verifier: SiteTokenVerifier, ahead: Double = 0) async throws -> String {
    try await issuer.token(
      method: "GET", pathAndQuery: "/a?b=1", start: verifier.start, now: Self.now.addingTimeInterval(ahead))
  }

  /// Claims as they should be; a test spoils one.
  func claims(for verifier: SiteTokenVerifier) -> SiteClaims {
    let issued = Int64(Self.now.timeIntervalSince1970)
    return SiteClaims(
      iss: "berlin", aud: "oslo", iat: issued, exp: issued + 60, jti: TokenNonce().text, method: "GET", path: "/a?b=1",
      body: BodyDigest.ofNothing.hex, epoch: 7, start: verifier.start)
  }

  func signed(_ claims: SiteClaims) async throws -> String {
    try await secret.keys(of: Self.berlin).sign(claims, kid: "berlin")
  }

  /// Returns why the verifier refuses; `nil` when it takes the token.
  func refusal(
    of token: String, by verifier: SiteTokenVerifier, method: String = "GET", path: String = "/a?b=1",
    body: BodyDigest = .ofNothing, later: Double = 0
  ) async -> SiteTokenError? {
    do {
      _ = try await verifier.verify(
        token, method: method, pathAndQuery: path, bodyDigest: body, now: Self.now.addingTimeInterval(later))
      return nil
    } catch {
      return error
    }
  }
}
