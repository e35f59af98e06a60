internal import BoundedHTTP
internal import Foundation
internal import WorkerPool

/// One request and its answer, asked by a task and read by a blocking thread. Owns the task: `end` leaves nothing of
/// it.
final class HTTPDownload {
  /// The head of an answer.
  struct Head: Sendable {
    let status: Int
    let headers: HTTPHeaderFields
  }

  /// Read ahead of the disk.
  private static let bufferBytes = 1 << 20
  /// How long a task that was cancelled may take to end before we go on without it.
  private static let farewell = Duration.milliseconds(500)

  private let head = Delivery<Head>()
  private let body = ByteHandover(limit: bufferBytes)
  private let ending = Delivery<Void>()
  private let cancellation: CancellationFlag
  private let deadline: Deadline
  private let task: Task<Void, Never>

  init(_ request: HTTPRequest, client: BoundedHTTPClient, cancellation: CancellationFlag, deadline: Deadline) {
    self.cancellation = cancellation
    self.deadline = deadline
    task = Task { [head, body, ending] in
      do {
        try await client.exchange(request) { answer in
          head.fulfill(.success(Head(status: answer.status, headers: answer.headers)))
          while let piece = try await answer.next() { try await body.push(piece) }
        }
        body.finish()
      } catch {
        head.fulfill(.failure(error))
        body.finish(error)
      }
      ending.fulfill(.success(()))
    }
  }

  deinit { task.cancel() }

  /// Waits for the head of the answer.
  /// - Throws: `HTTPFailure`, `Cancelled`, `DeadlineExceeded`.
  func waitForHead() throws -> Head { try head.wait(until: deadline, cancellation: cancellation) }

  /// Reads the body; 0 at its end.
  /// - Throws: as `waitForHead`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try body.read(into: buffer, until: deadline, cancellation: cancellation)
  }

  /// Ends at once; an answer that is still on its way costs its connection.
  func end() {
    task.cancel()
    body.abandon()
    _ = ending.isThere(by: .after(Self.farewell))
  }
}

/// A URL to ask, with what it takes to be let in.
struct HTTPAddress {
  /// To be sent: without user info and fragment.
  let url: String
  /// For errors and records: without user info, query and fragment.
  let redacted: String
  /// The value of the `Authorization` header; `nil` where none is called for.
  private(set) var authorization: String?
  private let origin: Origin

  /// What credentials belong to.
  private struct Origin: Hashable {
    let isSecure: Bool
    let host: String
    let port: Int
  }

  /// - Returns: `nil` for anything but an http or https URL with a host.
  init?(_ text: String, bearerToken: String?) {
    guard var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      scheme == "http" || scheme == "https", let host = parts.host?.lowercased(), !host.isEmpty
    else { return nil }
    let credential = parts.user.map { HTTPBasicCredential(user: $0, password: parts.password ?? "") }
    authorization = bearerToken.map { "Bearer \($0)" } ?? credential?.authorization
    parts.user = nil
    parts.password = nil
    parts.fragment = nil
    guard let url = parts.string else { return nil }
    self.url = url
    parts.query = nil
    redacted = parts.string ?? scheme
    origin = Origin(isSecure: scheme == "https", host: host, port: parts.port ?? (scheme == "https" ? 443 : 80))
  }

  var isSecure: Bool { origin.isSecure }

  /// Returns the target of a `Location` header. Credentials are kept for the same scheme, host and port only; user info
  /// in the header is dropped, and credentials dropped at an earlier redirect do not return.
  func redirected(to location: String) -> HTTPAddress? {
    guard let base = URL(string: url), let target = URL(string: location, relativeTo: base),
      var next = HTTPAddress(target.absoluteString, bearerToken: nil)
    else { return nil }
    next.authorization = next.origin == origin ? authorization : nil
    return next
  }

  /// The path that a `file` URL stands for; `nil` when it names another machine or no absolute path.
  static func path(ofFileURL text: String) -> String? {
    guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "file", parts.query == nil,
      ["", "localhost"].contains(parts.host ?? ""), parts.path.hasPrefix("/")
    else { return nil }
    return parts.path
  }
}
