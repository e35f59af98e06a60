import GitValues
import Glibc
import WorkerPool

/// A repository behind `git daemon`, by git's own protocol: one connection for the listing and the fetch
/// (gitprotocol-pack(5), "Git Transport"). Clients are not authenticated, and nothing is encrypted.
final class DaemonUploadPack: UploadPackChannel {
  var isStateless: Bool { false }
  /// The daemon says its capabilities unasked: there is no round trip to save.
  var mayAssumeVersion2: Bool { false }
  var diagnostics: String { "" }

  private let source: SourceURL
  private let configuration: TransportConfiguration
  private let cancellation: CancellationFlag
  private let deadline: Deadline
  private var stream: SocketStream?

  /// The port of git's own protocol.
  private static let usualPort = 9418

  /// Connects to nothing yet.
  /// - Parameter deadline: of the whole run.
  /// - Throws: `TransportError` (invalid_url) for user info, which this protocol cannot carry, and for a path that its
  ///   request cannot hold.
  init(
    source: SourceURL, configuration: TransportConfiguration, cancellation: CancellationFlag, deadline: Deadline
  ) throws(TransportError) {
    self.source = source
    self.configuration = configuration
    self.cancellation = cancellation
    self.deadline = deadline
    guard source.credential == nil else {
      throw error(.invalidURL, "git:// carries no user and no password", hint: "leave them out, or use ssh or https")
    }
    guard source.path.utf8.count <= Self.longestPath, !source.path.utf8.contains(where: { $0 < 0x20 }) else {
      throw error(.invalidURL, "the path is too long or holds control characters")
    }
  }

  /// What `git daemon` reads of a request, less the words around the path (`LARGE_PACKET_MAX` is far beyond).
  private static let longestPath = 4_096

  func openAdvertisement() throws -> any ByteSource {
    precondition(stream == nil, "a daemon advertises once")
    do {
      let stream = try SocketStream(
        host: source.host, port: source.port ?? Self.usualPort, connectTimeout: configuration.connectTimeout,
        limits: WaitLimits(silence: configuration.silenceTimeout, deadline: deadline, cancellation: cancellation))
      self.stream = stream
      try request.withUnsafeBytes { try stream.write($0) }
    } catch {
      throw failure(error)
    }
    return Output(self)
  }

  /// The service, the path, the host that was meant, and behind a second NUL the version that we speak.
  private var request: [UInt8] {
    let name = source.host.contains(":") ? "[\(source.host)]" : source.host
    let host = name + (source.port.map { ":\($0)" } ?? "")
    let line = PathText.bytes("git-upload-pack \(source.path)\0host=\(host)\0\0version=2\0")
    let digits = String(line.count + 4, radix: 16)
    return Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + line
  }

  func send(_ request: [UInt8]) throws -> any ByteSource {
    guard let stream else { preconditionFailure("a request needs a connection") }
    do {
      try request.withUnsafeBytes { try stream.write($0) }
    } catch {
      throw failure(error)
    }
    return Output(self)
  }

  func noteVersion2() {}

  func finish() {
    guard let stream else { return }
    // The flush packet ends the requests; an error is ignored, because the daemon may have closed the connection.
    try? Array("0000".utf8).withUnsafeBytes { try stream.write($0) }
    abort()
  }

  func abort() {
    stream?.close()
    stream = nil
  }

  fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let stream else { return 0 }
    do {
      return try stream.read(into: buffer)
    } catch {
      throw failure(error)
    }
  }

  // MARK: Failures

  /// The error for a connection that failed; others, `Cancelled` among them, pass as they are.
  private func failure(_ failure: any Error) -> any Error {
    guard let failure = failure as? SocketStream.Failure else { return failure }
    switch failure {
    case .unknownHost(let words):
      return error(.dnsFailed, "the name '\(source.host)' cannot be resolved: \(words)")
    case .notConnected(ECONNREFUSED):
      return error(.connectionRefused, "connection refused", hint: "see whether git daemon runs there")
    case .notConnected(let code): return error(.sourceUnreachable, Self.words(code))
    case .connectTimedOut(let time): return error(.timeout, "no connection within \(time.components.seconds) s")
    case .silent(let time): return error(.timeout, "the server said nothing for \(time.components.seconds) s")
    case .runTimedOut: return error(.timeout, "the time allowed for the whole run is over")
    case .broken(let code): return error(.connectionLost, Self.words(code))
    }
  }

  private func error(_ code: TransportError.Code, _ cause: String, hint: String? = nil) -> TransportError {
    TransportError(code, operation: "reach", subject: source.redacted, cause: cause, hint: hint)
  }

  private static func words(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }

  /// What the daemon sends.
  private final class Output: ByteSource {
    private let owner: DaemonUploadPack

    init(_ owner: DaemonUploadPack) { self.owner = owner }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try owner.read(into: buffer) }
  }
}
