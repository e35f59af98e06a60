/// The relays of one client: one a proxy and login, opened when it is first needed and closed with the client.
actor SOCKSRelays {
  private let timeout: Duration
  private var relays: [HTTPProxy: Task<SOCKSRelay, any Error>] = [:]

  init(timeout: Duration) { self.timeout = timeout }

  /// The port on 127.0.0.1 that leads to the proxy.
  func port(to proxy: HTTPProxy, _ credential: HTTPBasicCredential) async throws -> Int {
    let opening =
      relays[proxy] ?? Task { [timeout] in try await SOCKSRelay(to: proxy, credential, timeout: timeout) }
    relays[proxy] = opening
    do {
      return try await opening.value.port
    } catch {
      relays[proxy] = nil
      throw HTTPFailure(.other, "no port of this machine is free for the way to the proxy: \(error)")
    }
  }
}
