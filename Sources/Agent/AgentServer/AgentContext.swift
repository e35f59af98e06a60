internal import Agent
internal import AgentAPI
internal import Glibc
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
  package var identity: Identity = .anonymous

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
    let process = await PeerProcess.of(channel)
    return AuditActor(
      token: person?.name, site: site, uid: process?.uid, pid: process?.pid,
      address: client == .socket ? nil : client.address)
  }
}

/// The identity of a client.
package enum Identity: Hashable, Sendable {
  /// Not authenticated.
  case anonymous
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

extension Request {
  /// Returns a value of the query, decoded; `nil` when it is missing. An empty one is a value: an unset variable in a
  /// script must not select everything.
  func query(_ name: String) -> String? { uri.queryParameters.get(name) }

  /// Does the same for the page's own forms and links, which also send empty fields.
  func field(_ name: String) -> String? { query(name).flatMap { $0.isEmpty ? nil : $0 } }

  /// Returns a number of the query, within a range.
  ///
  /// - Throws: `AgentFault` 400 for an invalid number.
  func number(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws(AgentFault) -> Int {
    guard let text = query(name) else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw AgentFault(
        400, "invalid_request",
        "take '\(text.prefix(40))' for \(name): it is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// - Throws: `AgentFault` 400 when it is missing.
  func required(_ name: String) throws(AgentFault) -> String {
    guard let value = query(name), !value.isEmpty else {
      throw AgentFault(400, "invalid_request", "answer without '\(name)' in the query: it is needed here")
    }
    return value
  }

  /// Returns the requested part of a list.
  func listing() throws(AgentFault) -> RegistryListing {
    var listing = RegistryListing()
    listing.sort = query("sort") ?? listing.sort
    listing.state = query("state")
    listing.verificationState = query("verification_state")
    listing.prefix = query("prefix")
    listing.after = query("after")
    listing.before = query("before")
    listing.limit = try number("limit", in: 1...10_000, default: 20)
    return listing
  }

  /// Decodes the body as a value.
  ///
  /// - Throws: `AgentFault` 400 for an invalid body; 413 for a too large one.
  func value<Value: Decodable>(_ type: Value.Type, _ context: AgentContext) async throws -> Value {
    let body = try await body.collect(upTo: context.bodyBytes)
    do {
      return try AgentJSON.decode(type, from: body.readableBytesView)
    } catch {
      throw AgentFault(400, "invalid_request", "read the body: it is not the JSON that is wanted here")
    }
  }
}

/// The process at the other end of a Unix socket, as the kernel reports it (unix(7), `SO_PEERCRED`).
struct PeerProcess: Sendable {
  let pid: Int32
  let uid: UInt32
  private let gid: UInt32

  /// `nil` where the channel has none.
  static func of(_ channel: any Channel) async -> PeerProcess? {
    guard case .unixDomainSocket? = channel.localAddress, let sockets = channel as? any SocketOptionProvider else {
      return nil
    }
    // The memory of `struct ucred`: three numbers of 32 bits.
    let answer: EventLoopFuture<PeerProcess> = sockets.unsafeGetSocketOption(
      level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED))
    // A socket that has been closed meanwhile has no peer.
    return try? await answer.get()
  }
}
