internal import Crypto
package import Foundation
internal import JWTKit
internal import TextBytes

/// Makes the tokens with which this site asks another one: one for each request, never used twice.
package struct SiteTokenIssuer: Sendable {
  private let site: SiteName
  private let audience: SiteName?
  private let epoch: @Sendable () -> UInt64
  private let secret: SiteSecret
  private let keys: JWTKeyCollection

  /// - Parameters:
  ///   - site: who asks: this site.
  ///   - audience: the site that is asked; `nil` takes the name from the first answer `retry`.
  ///   - secret: of the two sites.
  ///   - epoch: this site's epoch.
  package init(site: SiteName, audience: SiteName?, secret: SiteSecret, epoch: @escaping @Sendable () -> UInt64) async {
    self.site = site
    self.audience = audience
    self.epoch = epoch
    self.secret = secret
    keys = await secret.keys(of: site)
  }

  /// Whether another issuer signs with the same secret.
  package func hasSameSecret(as other: SiteTokenIssuer) -> Bool { secret == other.secret }

  /// A token for one request.
  ///
  /// - Parameters:
  ///   - method: `GET`, `POST`; in capitals, as sent.
  ///   - pathAndQuery: the request's target from its first slash on, byte by byte as sent.
  ///   - bodyDigest: of the body as sent.
  ///   - start: the start that the audience named when it last answered `retry`; `nil` before it ever did.
  ///   - now: this site's clock.
  /// - Throws: what JWTKit throws when it cannot sign; not seen with a secret that `SiteSecret` took.
  package func token(
    method: String, pathAndQuery: String, bodyDigest: BodyDigest = .ofNothing, start: String?, now: Date
  ) async throws -> String {
    let issued = Int64(now.timeIntervalSince1970)
    let claims = SiteClaims(
      iss: site.text, aud: audience?.text ?? start?.split(separator: "/").first.map(String.init), iat: issued,
      exp: issued + SiteClaims.longestLife, jti: TokenNonce().text,
      method: method, path: pathAndQuery, body: bodyDigest.hex, epoch: epoch(), start: start)
    return try await keys.sign(claims, kid: JWKIdentifier(string: site.text))
  }
}

/// The SHA-256 of a request's body as it was sent: what a site's token is bound to.
package struct BodyDigest: Hashable, Sendable {
  /// 64 small hexadecimal digits.
  package let hex: String

  /// The digest of these bytes.
  package init(of bytes: some DataProtocol) {
    hex = Hex.text(SHA256.hash(data: bytes))
  }

  /// The digest of a body that has come piece by piece.
  package init(_ running: RunningDigest) { hex = Hex.text(running.hash.finalize()) }

  /// The digest of no body.
  package static let ofNothing = BodyDigest(of: [UInt8]())
}

/// The digest of a body while it arrives: nothing of the body is kept.
package struct RunningDigest: Sendable {
  fileprivate var hash = SHA256()

  /// Of no bytes yet.
  package init() {}

  /// Adds the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
}
