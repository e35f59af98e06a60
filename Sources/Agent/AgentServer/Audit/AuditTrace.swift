internal import Agent
internal import SiteTokens
internal import Synchronization

/// The authentication result of a request, for the middleware before the access check: an order that the check refuses
/// is recorded there, with its actor; one that passes is recorded after it, once.
final class AuditTrace: Sendable {
  private struct State {
    var isWritten = false
    var token: String?
    var site: String?
  }

  private let state = Mutex(State())

  /// Whether the order is recorded, or will be, after the check.
  var isWritten: Bool { state.withLock { $0.isWritten } }

  func setWritten() { state.withLock { $0.isWritten = true } }

  /// Records the identity of the client.
  func note(_ person: Person?, _ identity: Identity) {
    state.withLock { state in
      state.token = person?.name
      if case .site(let name) = identity { state.site = name }
    }
  }

  /// Returns the author of the request, as far as it is authenticated.
  func actor(at address: String?) -> AuditActor {
    state.withLock { AuditActor(token: $0.token, site: $0.site, address: address) }
  }
}
