internal import JWTKit

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
