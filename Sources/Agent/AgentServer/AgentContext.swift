internal import Agent
package import Hummingbird
internal import Logging
package import NIOCore
internal import SiteTokens

/// The context of a request in the routes: its listener, and the client's identity.
package struct AgentContext: RequestContext {
  /// Hummingbird's own part.
  package var coreContext: CoreRequestContextStorage
  /// The connection, with its peer.
  package let channel: any Channel
  /// The client's identity, once access was checked.
  package var identity: Identity = .nobody

  /// The client's address, once access was checked.
  var client = Client.socket

  /// Whether the client would still have access; checked again by long answers.
  var isStillAdmitted: @Sendable () -> Bool = { true }

  /// The context of a new request.
  package init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// Bytes of a body that a decoder may collect.
  package var maxUploadSize: Int { bodyBytes }
  /// The listener's limit of a body, in bytes.
  var bodyBytes = BodyLimit.values
  /// The reader's or admin's token that it bears; `nil` for a site, on a socket, and without a token.
  var person: Person?
  /// The log of orders.
  var audit: AuditLog?
  /// The audit log's input for a refused request.
  var trace: AuditTrace?

  /// Returns the author of the request, for the audit log.
  func actor() async -> AuditActor {
    let site: String? = if case .site(let name) = identity { name } else { nil }
    let process = await PeerProcess.of(channel)
    return AuditActor(
      token: person?.name, site: site, uid: process?.uid, pid: process?.pid,
      address: client == .socket ? nil : client.address)
  }
}

/// The identity of a client.
package enum Identity: Hashable, Sendable {
  /// Not authenticated.
  case nobody
  /// Not authenticated, on this machine, where only local clients can connect.
  case neighbour
  /// A client with the role reader.
  case reader
  /// A client with the role admin.
  case admin
  /// A site of this pair, by its name.
  case site(String)
}

/// Limits of bodies, in bytes.
package enum BodyLimit {
  /// Of requests and events, unless configured.
  package static let values = 1 << 20
  /// Of a fetch: a million wants and haves, and some.
  package static let git = 64 << 20
  /// Of a forge's delivery: GitHub sends no more than 25 MB.
  package static let webhooks = 25 << 20
  /// Of a form of the page.
  package static let forms = 64 << 10
  /// Of a site's request to a route that reads none: larger ones are not compared.
  package static let unread = 64 << 10
}
