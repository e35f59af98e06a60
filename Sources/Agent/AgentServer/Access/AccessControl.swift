package import Agent
internal import AgentAPI
package import Foundation
package import SiteTokens
internal import Synchronization

/// Controls access over the network. The sockets do not need it: their modes determine access.
package final class AccessControl: Sendable {
  private let verifier: SiteTokenVerifier?
  private let persons: Mutex<PersonTokens?>
  private let epoch: SiteEpoch?
  private let now: @Sendable () -> Date
  /// The allowed Host headers, in lower case, without a port; empty allows all.
  let hosts: Set<String>
  /// Peers on this machine may read metrics and status without a token: true where only they can connect.
  let trustsLoopback: Bool
  /// Reverse proxies whose `X-Forwarded-For` is trusted; their requests never count as local.
  let trustedProxies: [AddressRange]
  /// The listener speaks TLS.
  let isSecure: Bool
  /// The authority of `site.url`, in small letters: forms are accepted from there, too.
  let publicAuthority: String?

  /// Allows access by the given credentials only.
  ///
  /// - Parameters:
  ///   - verifier: of the tokens of sites; `nil` where no site has access.
  ///   - persons: the tokens of readers and admins; `nil` without any.
  ///   - trustedProxies: reverse proxies in front of this agent.
  ///   - publicURL: where browsers reach this agent, if that is another address than the one that it listens on.
  ///   - epoch: records the epochs of requesting sites, and refuses them on a primary that was replaced; `nil` where no
  ///     site is ever promoted.
  ///   - now: this site's clock.
  package init(
    verifier: SiteTokenVerifier? = nil, persons: PersonTokens? = nil, hosts: Set<String> = [],
    trustsLoopback: Bool = false, trustedProxies: [AddressRange] = [], publicURL: String? = nil,
    isSecure: Bool = false, epoch: SiteEpoch? = nil, now: @escaping @Sendable () -> Date
  ) {
    self.verifier = verifier
    self.persons = Mutex(persons)
    self.hosts = hosts
    self.trustsLoopback = trustsLoopback
    self.trustedProxies = trustedProxies
    self.isSecure = isSecure
    publicAuthority = publicURL.flatMap { url in
      url.range(of: "://").map { url[$0.upperBound...].prefix { $0 != "/" }.lowercased() }
    }
    self.epoch = epoch
    self.now = now
  }

  /// Replaces the tokens and secrets.
  package func replace(persons: PersonTokens, sites: [SiteName: SiteSecret]) async {
    self.persons.withLock { $0 = persons }
    await verifier?.replaceSites(sites)
  }

  /// Returns the role of a reader's or admin's token; `nil` for an invalid one.
  func role(ofAuthorization header: String) -> Role? { person(ofAuthorization: header)?.role }

  /// Does the same by the digest of a token, as stored in sessions.
  func role(ofDigest digest: String) -> Role? { person(ofDigest: digest)?.role }

  /// Returns the owner of a token; `nil` for an invalid or expired one.
  func person(ofAuthorization header: String) -> Person? {
    persons.withLock { $0 }?.person(ofAuthorization: header, at: now())
  }

  /// Does the same by the digest of a token.
  func person(ofDigest digest: String) -> Person? { persons.withLock { $0 }?.person(ofDigest: digest, at: now()) }

  /// Adopts the sites' secrets of the instance that this one replaces, as long as old ones are valid.
  func succeed(_ former: AccessControl) {
    if let verifier, let other = former.verifier { verifier.succeed(other) }
  }

  /// Returns the site whose token covers this request. The body is not read yet: `SiteAdmission.check` compares it.
  ///
  /// - Throws: `SiteTokenError`; `AgentFault` 401 where no site has access.
  func site(token: String, method: String, pathAndQuery: String) async throws -> SiteAdmission {
    guard let verifier else { throw Self.unknownToken }
    let admission = try await verifier.admit(token, method: method, pathAndQuery: pathAndQuery, now: now())
    let identity = admission.identity
    // A new primary's request of the fence is answered also when it has replaced this one.
    if pathAndQuery != AgentRoute.fence { try epoch?.note(identity.epoch, from: identity.name.text) }
    return admission
  }

  static let unknownToken = AgentFault(
    401, "unauthorized", "take the token: it is not one of this site's", hint: "look at the token file")

  /// Checks the Host header, against DNS rebinding: a foreign page in a local browser could reach an agent that trusts
  /// loopback.
  func check(host: String?) throws(AgentFault) {
    guard !hosts.isEmpty else { return }
    guard let host, hosts.contains(Self.withoutPort(host.lowercased())) else {
      throw AgentFault(
        421, "wrong_host", "answer for the host '\(String((host ?? "").prefix(100)))': this agent has another name",
        hint: "add the name to 'hosts' in the configuration")
    }
  }

  private static func withoutPort(_ host: String) -> String {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
    return String(host.prefix { $0 != ":" })
  }
}
