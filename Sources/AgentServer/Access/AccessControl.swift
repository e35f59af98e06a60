internal import AgentAPI

/// Who may come in by the network. The sockets need none of it: their modes say who may use them.
package struct AccessControl: Sendable {
  /// What a person's token allows.
  package enum Role: Sendable {
    /// To read.
    case reader
    /// To do everything.
    case admin
  }

  /// Checks a site's token for one request; gives the site's name.
  package typealias SiteCheck =
    @Sendable (
      _ token: String, _ method: String, _ pathAndQuery: String, _ body: [UInt8]
    ) async throws -> String

  /// Of sites; `nil` where no site may ask.
  package var site: SiteCheck?
  /// Of people: the role of an `Authorization` header's value.
  package var person: @Sendable (_ authorization: String) -> Role?
  /// What the Host header may say, in small letters, without a port; empty allows all.
  package var hosts: Set<String>
  /// Peers on this machine may read metrics and status without a token: true where only they can connect.
  package var trustsLoopback: Bool

  /// Access for nobody but by what is given.
  package init(
    site: SiteCheck? = nil, person: @escaping @Sendable (String) -> Role? = { _ in nil }, hosts: Set<String> = [],
    trustsLoopback: Bool = false
  ) {
    self.site = site
    self.person = person
    self.hosts = hosts
    self.trustsLoopback = trustsLoopback
  }

  /// Host headers are how a page in somebody's browser, by a name of its own, would reach an agent that trusts its machine.
  func check(host: String?) throws(AgentFault) {
    guard !hosts.isEmpty else { return }
    guard let host, hosts.contains(Self.withoutPort(host.lowercased())) else {
      throw AgentFault(
        421, "wrong_host", "answer for the host '\(String((host ?? "").prefix(100)))': this agent has another name",
        hint: "add the name to the configuration")
    }
  }

  private static func withoutPort(_ host: String) -> String {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
    return String(host.prefix { $0 != ":" })
  }
}
