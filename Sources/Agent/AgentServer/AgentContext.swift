internal import Agent
package import Hummingbird
internal import Logging
package import NIOCore
internal import SiteTokens

/// What a request carries through the routes: on which door it came, and who asks.
package struct AgentContext: RequestContext {
  /// Hummingbird's own part.
  package var coreContext: CoreRequestContextStorage
  /// The connection, with its peer.
  package let channel: any Channel
  /// Who asks, once access was checked.
  package var identity: Identity = .nobody

  /// From where it comes, once access was checked.
  var client = Client.socket

  /// Whether who asks would still be let in: asked for again by answers that last.
  var isStillAdmitted: @Sendable () -> Bool = { true }

  /// The context of a new request.
  package init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// Bytes of a body that a decoder may collect.
  package var maxUploadSize: Int { bodyBytes }
  /// The same, as the door has it.
  var bodyBytes = BodyLimit.values
  /// The reader's or admin's token that it bears; `nil` for a site, on a socket, and without a token.
  var person: Person?
  /// Where orders are written down.
  var audit: AuditLog?
  /// The audit log's input for a refused request.
  var trace: AuditTrace?

  /// Who asks, for the audit log.
  func actor() async -> AuditActor {
    let site: String? = if case .site(let name) = identity { name } else { nil }
    let process = await PeerProcess.of(channel)
    return AuditActor(
      token: person?.name, site: site, uid: process?.uid, pid: process?.pid,
      address: client == .socket ? nil : client.address)
  }
}

/// Who asks.
package enum Identity: Hashable, Sendable {
  /// Not authenticated.
  case nobody
  /// Not authenticated, on this machine, where only it can connect.
  case neighbour
  /// A client with the role reader.
  case reader
  /// A client with the role admin.
  case admin
  /// A site of this pair, by its name.
  case site(String)
}

/// How long bodies may be, in bytes.
package enum BodyLimit {
  /// Of questions and events, unless the configuration says otherwise.
  package static let values = 1 << 20
  /// Of a fetch: a million wants and haves, and some.
  package static let git = 64 << 20
  /// Of a forge's delivery: GitHub sends no more than 25 MB.
  package static let webhooks = 25 << 20
  /// Of a form of the page.
  package static let forms = 64 << 10
  /// Of a site's request to a route that reads none: more is not worth comparing.
  package static let unread = 64 << 10
}
