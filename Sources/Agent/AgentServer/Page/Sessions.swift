internal import Agent
internal import AgentAPI
internal import Crypto
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import SiteTokens
internal import StateFiles
internal import Synchronization
internal import SystemPackage
internal import TextBytes
internal import WorkerPool

/// Sessions of clients that have signed in at the page, kept in `<state>/sessions.json` across restarts.
///
/// Neither cookies nor tokens are in the file, only their digests. A session ends after twelve hours, by signing out,
/// or when its token is replaced. A sign-in is durable when it is answered; if the file cannot be read, every client
/// must sign in again.
final class Sessions: Sendable {
  private struct Session: Codable, Sendable {
    let cookie: String
    let token: String
    let expiresAt: Double
  }

  /// Seconds that a session lasts.
  static let lifetime = 12.0 * 3_600
  /// Maximum sessions; a further sign-in ends the oldest.
  private static let most = 1_000
  /// The same of one token, so that one client cannot end the sessions of others.
  private static let mostOfToken = 20

  private let file: StateFile<[Session]>
  private let site: String
  private let workers: WorkerPool
  private let sessions: Mutex<[Session]>
  /// Serializes writes.
  private let writing = Mutex(())

  /// Reads the stored sessions.
  ///
  /// - Parameter site: the site's name, which is part of the cookie's name: browsers send the cookies of one port of a
  ///   host to all others.
  init(state: String, site: String, workers: WorkerPool) async throws {
    self.site = site
    let file = StateFile<[Session]>(FilePath(state).appending("sessions.json"), format: .agentJSON)
    self.file = file
    self.workers = workers
    // Without a file, or with one that cannot be read, every client signs in again.
    sessions = Mutex(try await workers.run { _ in (try? file.read()) ?? [] })
  }

  /// Begins a session for a verified token.
  ///
  /// - Returns: the cookie's value.
  func begin(token: String) async throws -> String {
    var random = SystemRandomNumberGenerator()
    let cookie = Hex.text((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    let session = Session(
      cookie: Self.digest(cookie), token: PersonTokens.digest(ofToken: token), expiresAt: Self.now + Self.lifetime)
    sessions.withLock { sessions in
      sessions.removeAll { $0.expiresAt < Self.now }
      sessions.append(session)
      let own = sessions.indices.filter { sessions[$0].token == session.token }
      if own.count > Self.mostOfToken { sessions.remove(at: own[0]) }
      if sessions.count > Self.most { sessions.removeFirst() }
    }
    try await save()
    return cookie
  }

  /// Ends a session.
  func end(cookie: String) async throws {
    let digest = Self.digest(cookie)
    sessions.withLock { $0.removeAll { $0.cookie == digest } }
    try await save()
  }

  /// Returns the owner of the token of a cookie's session; `nil` for a session that does not exist.
  func person(ofCookie cookie: String, _ access: AccessControl) -> Person? {
    let digest = Self.digest(cookie)
    let session = sessions.withLock { $0.first { $0.cookie == digest && $0.expiresAt > Self.now } }
    return session.flatMap { access.person(ofDigest: $0.token) }
  }

  /// The cookie's name. Over TLS browsers accept this prefix only from this host, and send the cookie nowhere else (RFC
  /// 6265bis, section 4.1.3.2).
  func cookieName(isSecure: Bool) -> String { "\(isSecure ? "__Host-" : "")remora_session_\(site)" }

  /// Returns the session's cookie of a request; `nil` when there is none, or more than one: then another program of
  /// this host has set one.
  func cookie(of request: Request, isSecure: Bool) -> String? {
    let name = cookieName(isSecure: isSecure)
    var found: [String] = []
    for field in request.headers[values: .cookie] {
      for pair in field.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: { $0 == " " }) }
        if parts.count == 2, parts[0] == name { found.append(String(parts[1])) }
      }
    }
    return found.count == 1 ? found[0] : nil
  }

  /// Returns the form token of a session, which is useless without its cookie.
  static func csrf(ofCookie cookie: String) -> String { digest("csrf:" + cookie) }

  private func save() async throws {
    try await workers.run { [self] _ in
      try writing.withLock { _ in
        try file.write(sessions.withLock { $0 })
      }
    }
  }

  private static var now: Double { Date().timeIntervalSince1970 }

  private static func digest(_ text: String) -> String { Hex.text(SHA256.hash(data: Array(text.utf8))) }
}
