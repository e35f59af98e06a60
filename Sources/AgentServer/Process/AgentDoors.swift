package import NIOSSL

/// How an agent can be reached.
package struct AgentDoors: Sendable {
  /// Where the network door listens.
  package var host: String
  /// Its port; 0 takes a free one.
  package var port: Int
  /// Certificates of the network door; `nil` speaks plain HTTP.
  package var tls: TLSConfiguration?
  /// Who may come in there.
  package var access: AccessControl
  /// Repositories and files are given to who may read.
  package var servesContent: Bool
  /// Users who own repositories that are served all the same.
  package var trustsOwners: Bool
  /// Group whose members may use the socket of events; `nil` is none.
  package var hookGroup: String?
  /// Connections at a time; whoever comes later waits.
  package var maximumConnections: Int

  /// Doors with defaults for what is not said.
  package init(
    host: String = "127.0.0.1", port: Int = 7_170, tls: TLSConfiguration? = nil, access: AccessControl,
    servesContent: Bool, trustsOwners: Bool = false, hookGroup: String? = nil, maximumConnections: Int = 1_024
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.access = access
    self.servesContent = servesContent
    self.trustsOwners = trustsOwners
    self.hookGroup = hookGroup
    self.maximumConnections = maximumConnections
  }
}
