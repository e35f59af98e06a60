internal import JWTKit
internal import TextBytes

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

/// The keys by which one site's tokens are checked: its secret's, and for a bounded time those of the secrets before
/// it.
struct SiteKeys: Sendable {
  private struct Former: Sendable {
    let secret: SiteSecret
    let keys: JWTKeyCollection
    let end: ContinuousClock.Instant
  }

  private let secret: SiteSecret
  private let keys: JWTKeyCollection
  private var former: [Former] = []

  /// Secrets before the current one that are good at the same time; a further reload drops the oldest.
  private static let mostFormer = 2

  init(secret: SiteSecret, keys: JWTKeyCollection) {
    self.secret = secret
    self.keys = keys
  }

  /// Replaces `other`, whose secret stays valid until `end` if it differs; still older secrets keep their ends.
  mutating func succeed(_ other: SiteKeys, until end: ContinuousClock.Instant) {
    var kept = other.former
    if other.secret != secret { kept.append(Former(secret: other.secret, keys: other.keys, end: end)) }
    let now = ContinuousClock.now
    former = Array(kept.filter { $0.end > now && $0.secret != secret }.suffix(Self.mostFormer))
  }

  /// The claims of a token that one of the keys signed.
  ///
  /// - Throws: the complaint of the current key when none did.
  func claims(of token: String, at now: ContinuousClock.Instant) async throws -> SiteClaims {
    do {
      return try await keys.verify(token, as: SiteClaims.self)
    } catch {
      for former in former where former.end > now {
        // Its complaint says nothing that the current key's does not.
        if let claims = try? await former.keys.verify(token, as: SiteClaims.self) { return claims }
      }
      throw error
    }
  }
}
