internal import JWTKit

/// What a site's token says. The article `Tokens` describes each claim.
struct SiteClaims: JWTPayload {
  var iss: String
  /// `nil` before the site has received a start, where the name is not configured.
  var aud: String?
  /// Seconds since 1970 by the clock of the site that asks.
  var iat: Int64
  var exp: Int64
  var jti: String
  var method: String
  var path: String
  /// The body's digest.
  var body: String
  var epoch: UInt64
  /// The start of the asked agent that this token is for; `nil` before the site has received one.
  var start: String?

  /// `SiteTokenVerifier` checks everything but the signature, because it has the request and the time.
  func verify(using algorithm: some JWTAlgorithm) {}

  /// No token lives longer, in seconds.
  static let longestLife: Int64 = 60
}
