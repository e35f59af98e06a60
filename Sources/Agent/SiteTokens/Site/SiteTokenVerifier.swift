package import Foundation
internal import JWTKit
internal import Synchronization

/// Verifies the tokens of other sites, each once.
///
/// A token is valid for one start of one agent: a verifier draws a random word when it is created, and accepts only
/// tokens that name it. A site that does not have the word receives it once its signature is verified (`retry`), and
/// asks again. So no token can be replayed after a restart, independent of clocks and without a file of used tokens. If
/// this site's clock steps back, that counts as a restart: a token that was dropped as too old might otherwise be
/// accepted again.
package final class SiteTokenVerifier: Sendable {
  private struct State {
    var sites: [SiteName: SiteKeys] = [:]
    var memories: [SiteName: ReplayMemory] = [:]
    var start: String
    var latest = -Double.infinity
  }

  private let audience: SiteName
  private let leeway: Double
  private let capacity: Int
  private let state: Mutex<State>

  /// Requests that run side by side read the clock in another order than they come here, by no more than this, in
  /// seconds.
  private static let disorder = 5.0
  /// A longer text is no token of ours.
  private static let longest = 16 << 10

  /// - Parameters:
  ///   - audience: this site's name.
  ///   - sites: the sites that have access, with the shared secrets.
  ///   - leeway: how far the clocks of two sites may be apart. Default 60 s.
  ///   - capacity: how many used tokens of a site are remembered; 200,000 are 1,600 requests a second.
  package init(
    audience: SiteName, sites: [SiteName: SiteSecret], leeway: Duration = .seconds(60), capacity: Int = 200_000
  ) async {
    precondition(leeway >= .zero && leeway <= .seconds(3_600) && capacity > 0, "bounds that nothing can meet")
    self.audience = audience
    state = Mutex(State(start: Self.newStart(of: audience)))
    self.leeway = leeway / .seconds(1)
    self.capacity = capacity
    await replaceSites(sites)
  }

  /// The word of this start, which tokens must name.
  package var start: String { state.withLock { $0.start } }

  /// How long the secret before the current one stays good after a reload: time for the other site to be reloaded as
  /// well.
  package static let overlap = Duration.seconds(600)

  /// Other sites, or other secrets, from now on: what a reload of the configuration brings. Used tokens stay
  /// remembered.
  ///
  /// A site that is not among them is refused at once. A site whose secret is another one may use the old one for
  /// `overlap`.
  package func replaceSites(_ sites: [SiteName: SiteSecret], overlap: Duration = SiteTokenVerifier.overlap) async {
    var keys: [SiteName: (SiteSecret, JWTKeyCollection)] = [:]
    for (name, secret) in sites { keys[name] = (secret, await secret.keys(of: name)) }
    let (replacement, end) = (keys, ContinuousClock.now + overlap)
    state.withLock { state in
      let before = state.sites
      state.sites = replacement.mapValues { SiteKeys(secret: $0.0, keys: $0.1) }
      for (name, known) in before where state.sites[name] != nil { state.sites[name]?.succeed(known, until: end) }
    }
  }

  /// Takes over the secrets of a verifier that this one replaces: those that differ stay good as after a reload.
  package func succeed(_ former: SiteTokenVerifier) {
    let (before, end) = (former.state.withLock { $0.sites }, ContinuousClock.now + Self.overlap)
    state.withLock { state in
      for (name, known) in before where state.sites[name] != nil { state.sites[name]?.succeed(known, until: end) }
    }
  }

  /// Who asks. Nothing is remembered of a token that is refused.
  ///
  /// - Parameters:
  ///   - token: the text behind `Bearer`.
  ///   - method: of the request as it came.
  ///   - pathAndQuery: its target as it came, before any decoding.
  ///   - bodyDigest: of the body as it came.
  ///   - now: this site's clock.
  package func verify(
    _ token: String, method: String, pathAndQuery: String, bodyDigest: BodyDigest = .ofNothing, now: Date
  ) async throws(SiteTokenError) -> SiteIdentity {
    let now = now.timeIntervalSince1970
    let (site, claims) = try await checked(token, method, pathAndQuery, now)
    guard claims.body == bodyDigest.hex else { throw SiteAdmission.otherRequest(site) }
    return try take(claims, from: site, now: now).identity
  }

  /// The same before the body has come: so that no body is read of a client that has no secret. The token is used up by
  /// it, whatever body follows; `SiteAdmission.check` compares that one.
  package func admit(
    _ token: String, method: String, pathAndQuery: String, now: Date
  ) async throws(SiteTokenError) -> SiteAdmission {
    let now = now.timeIntervalSince1970
    let (site, claims) = try await checked(token, method, pathAndQuery, now)
    return try take(claims, from: site, now: now)
  }

  /// Everything but the body, and whether it was used before.
  private func checked(
    _ token: String, _ method: String, _ pathAndQuery: String, _ now: Double
  ) async throws(SiteTokenError) -> (SiteName, SiteClaims) {
    let (site, claims) = try await signed(token)
    try checkTimes(of: claims, from: site, now: now)
    // A token without a start is refused below, with an answer that names this site.
    guard claims.aud == audience.text || claims.aud == nil && claims.start == nil else {
      throw SiteTokenError(
        .wrongAudience,
        "the token of '\(site)' is for another site, this one is '\(audience)': check the primary's URL and name")
    }
    guard claims.method == method, claims.path == pathAndQuery else { throw SiteAdmission.otherRequest(site) }
    return (site, claims)
  }

  /// The audience's name and a random word.
  private static func newStart(of audience: SiteName) -> String { "\(audience)/\(TokenNonce().text)" }

  private static let malformed = SiteTokenError(
    .malformed, "the request bears no token of a site (a JWT signed by HS256): send one")

  /// The claims, when they are the named site's own.
  private func signed(_ token: String) async throws(SiteTokenError) -> (SiteName, SiteClaims) {
    guard token.utf8.count <= Self.longest else { throw Self.malformed }
    let header: JWTHeader
    let claimed: SiteClaims
    do {
      (header, claimed, _) = try DefaultJWTParser().parse(Array(token.utf8), as: SiteClaims.self)
    } catch {
      throw Self.malformed
    }
    // Nothing else has a meaning here: no `none`, no other algorithm, no key that the token brings along, no `crit`.
    guard header.alg == "HS256", Set(header.fields.keys).isSubset(of: ["alg", "typ", "kid"]),
      header.kid == claimed.iss, let site = SiteName(claimed.iss)
    else { throw Self.malformed }
    guard let keys = state.withLock({ $0.sites[site] }) else {
      throw SiteTokenError(
        .unknownSite, "no site '\(site)' may ask '\(audience)': name it under 'secondaries' in the configuration")
    }
    do {
      return (site, try await keys.claims(of: token, at: .now))
    } catch {
      throw SiteTokenError(
        .wrongSignature, "the token of '\(site)' has another signature: let both sites hold the same secret file")
    }
  }

  private func checkTimes(of claims: SiteClaims, from site: SiteName, now: Double) throws(SiteTokenError) {
    let issued = Double(claims.iat)
    let end = Double(claims.exp)
    guard (0...Double(SiteClaims.longestLife)).contains(end - issued) else {
      throw SiteTokenError(
        .livesTooLong, "the token of '\(site)' is valid for longer than \(SiteClaims.longestLife) s: shorten its life")
    }
    if issued > now + leeway {
      throw SiteTokenError(
        .clocksDiffer,
        "the clock of '\(site)' is \(Self.seconds(issued - now)) s ahead of ours, \(Self.seconds(leeway)) s are allowed: "
          + "set both clocks")
    }
    if end + leeway < now {
      throw SiteTokenError(
        .expired,
        "the token of '\(site)' was issued \(Self.seconds(now - issued)) s ago by our clock and is too old; if it is new, "
          + "the clock of '\(site)' is behind ours by that much: set both clocks")
    }
  }

  private static func seconds(_ value: Double) -> String {
    // What a token says need not be a time at all.
    abs(value) < 1e12 ? String(Int64(value.rounded())) : "many"
  }

  private func take(
    _ claims: SiteClaims, from site: SiteName, now: Double
  ) throws(SiteTokenError) -> SiteAdmission {
    guard let nonce = TokenNonce(claims.jti) else { throw Self.malformed }
    try remember(nonce, of: claims, from: site, now: now)
    return SiteAdmission(identity: SiteIdentity(name: site, epoch: claims.epoch), body: claims.body)
  }

  private func remember(
    _ nonce: TokenNonce, of claims: SiteClaims, from site: SiteName, now: Double
  ) throws(SiteTokenError) {
    try state.withLock { (state) throws(SiteTokenError) in
      if now < state.latest - Self.disorder {
        state.start = Self.newStart(of: audience)
        state.memories = [:]
        state.latest = now
      }
      state.latest = max(state.latest, now)
      guard claims.start == state.start else {
        throw SiteTokenError(
          .retry, "the token of '\(site)' was not made for this start of '\(audience)': ask again with a new one",
          start: state.start)
      }
      // `checkTimes` has found it near the clock of this site; the sum is bounded nevertheless, since another program
      // wrote it.
      let (end, isTooLate) = claims.exp.addingReportingOverflow(Int64((leeway + Self.disorder).rounded(.up)))
      guard !isTooLate else { throw Self.malformed }
      switch state.memories[site, default: ReplayMemory(capacity: capacity)].remember(
        nonce, until: end, now: Int64(now.rounded(.down)))
      {
      case .fresh: return
      case .seen:
        throw SiteTokenError(.replayed, "the token of '\(site)' was used before: make a new one for every request")
      case .full:
        throw SiteTokenError(.overloaded, "'\(site)' asks more often than can be remembered: wait a minute")
      }
    }
  }
}

/// The tokens of one site that were taken and could be shown again.
///
/// Bounded in time, because a token is forgotten when it would be refused for its age, and in number, because beyond
/// that the memory says `full` rather than forget.
struct ReplayMemory {
  enum Answer: Equatable {
    case fresh, seen, full
  }

  private let capacity: Int
  private var seen: Set<TokenNonce> = []
  /// By the second after which they may be forgotten.
  private var byEnd: [Int64: [TokenNonce]] = [:]
  private var lastSwept = Int64.min

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { seen.count }

  /// Stores the nonce until the end of the second `end`, unless it is stored already.
  mutating func remember(_ nonce: TokenNonce, until end: Int64, now: Int64) -> Answer {
    forget(before: now)
    if seen.contains(nonce) { return .seen }
    guard seen.count < capacity else { return .full }
    seen.insert(nonce)
    byEnd[end, default: []].append(nonce)
    return .fresh
  }

  /// At most once a second, and over a few hundred seconds at most: the cost of a request does not grow with the number
  /// of stored nonces.
  private mutating func forget(before now: Int64) {
    guard now > lastSwept else { return }
    lastSwept = now
    for end in byEnd.keys.filter({ $0 < now }) {
      for nonce in byEnd.removeValue(forKey: end) ?? [] { seen.remove(nonce) }
    }
  }
}
