internal import CLibssh2
internal import Glibc
internal import WorkerPool

/// An authenticated session with an SSH host, by libssh2. One channel at a time; one thread at a time.
///
/// libssh2 never waits by itself here: its reads and writes come to us and answer at once, and all waiting is ours,
/// with deadlines and cancellation. It reads in loops of its own, too (an endless banner): each read looks at the
/// limits again.
///
/// Unchecked because libssh2's session may change threads but not be shared: `SSHSessionPool` gives it to one thread at
/// a time, and passes it on under its lock.
final class SSHSession: @unchecked Sendable {
  let handle: OpaquePointer
  /// The error of a limit or of the connection inside of libssh2, which reports only that it failed.
  private var failure: (any Error)?
  private let stream: SocketStream
  private var limits: WaitLimits
  /// The end of the time for connecting; `nil` once authenticated.
  private var connecting: (deadline: Deadline, timeout: Duration)?
  private var phase = SSHFailure.Phase.handshake
  private var receivedBytes = 0
  private var movedBytes = 0
  private var deliveredBytes = 0

  /// Bytes that a host may send in addition to the requested ones, and for each of those: frames are smaller by far.
  /// libssh2 keeps unread bytes in memory.
  private static let unaskedBytes = 16 << 20
  private static let frameFactor = 64

  /// Once in the process; libssh2 counts the calls.
  private static let isLibraryReady: Bool = libssh2_init(0) == 0

  /// Connects, checks the host's key and authenticates.
  ///
  /// - Parameter connectTimeout: for all of that together.
  /// - Throws: `SSHFailure`, `Cancelled`.
  init(
    to host: SSHHostConfiguration, knownHosts: KnownHosts, identities: SSHIdentities, connectTimeout: Duration,
    limits: WaitLimits
  ) throws {
    let connecting = (deadline: Deadline.after(connectTimeout), timeout: connectTimeout)
    guard Self.isLibraryReady, let handle = libssh2_session_init_ex(nil, nil, nil, nil) else {
      throw SSHFailure.broken(.handshake, "libssh2 cannot be used")
    }
    do {
      stream = try SocketStream(
        host: host.hostName, port: host.port, connectTimeout: connectTimeout, limits: limits)
    } catch {
      libssh2_session_free(handle)
      guard let failure = error as? SocketStream.Failure else { throw error }
      throw SSHFailure.stream(failure, .handshake)
    }
    self.handle = handle
    self.limits = limits
    self.connecting = connecting
    libssh2_session_set_blocking(handle, 0)
    libssh2_session_abstract(handle).pointee = Unmanaged.passUnretained(self).toOpaque()
    remora_ssh_set_io(handle, Self.receive, Self.send)
    try shakeHands(with: host, knownHosts)
    phase = .authentication
    try authenticate(as: host.user, with: identities, limits)
    phase = .channel
    self.connecting = nil
  }

  deinit {
    // Nothing is said to the host any more: libssh2 would wait for its answer.
    failure = failure ?? SSHFailure.disconnected(phase)
    while libssh2_session_free(handle) == LIBSSH2_ERROR_EAGAIN {}
  }

  /// Makes all waits from now on end by these limits.
  func bind(to limits: WaitLimits) {
    self.limits = limits
    stream.bind(to: limits)
    phase = .channel
    receivedBytes = 0
    deliveredBytes = 0
  }

  /// Lets go of the limits. It must be bound before it is used again.
  func release() { stream.release() }

  /// Says goodbye, without waiting for anything.
  func disconnect() {
    let byApplication = Int32(SSH_DISCONNECT_BY_APPLICATION)
    libssh2_session_disconnect_ex(handle, byApplication, "", "")
    stream.close()
  }

  /// Makes it useless at once: whatever is tried from now on fails.
  func abandon() {
    failure = failure ?? SSHFailure.disconnected(phase)
    stream.close()
  }

  /// True when the host has not closed an idle session.
  var isAlive: Bool {
    guard failure == nil else { return false }
    return stream.isOpen
  }

  /// Sets the phase for later failures.
  func enter(_ phase: SSHFailure.Phase) { self.phase = phase }

  /// Records bytes that the host was asked for and that were read.
  func noteDelivered(_ count: Int) { deliveredBytes += count }

  /// Does `call` again and again until libssh2 does not want to wait any more, and returns what it answered, 0 or more.
  ///
  /// - Throws: `SSHFailure`, `Cancelled`.
  @discardableResult func perform(_ call: () -> Int) throws -> Int {
    guard let count = try attempt(orWait: true, call) else { preconditionFailure("it was waited for") }
    return count
  }

  /// The same without waiting; `nil` when it would have to.
  func attempt(_ call: () -> Int) throws -> Int? { try attempt(orWait: false, call) }

  private func attempt(orWait waits: Bool, _ call: () -> Int) throws -> Int? {
    var quiet = Deadline.after(limits.silence)
    var seen = movedBytes
    while true {
      let code = call()
      if let failure { throw failure }
      if code >= 0 { return code }
      guard code == Int(LIBSSH2_ERROR_EAGAIN) else { throw error(Int32(code)) }
      guard waits else { return nil }
      if movedBytes != seen {
        quiet = Deadline.after(limits.silence)
        seen = movedBytes
      }
      try wait(quiet)
    }
  }

  /// Waits for the host, but no longer than this.
  func pause(until end: Deadline) throws {
    do {
      try wait(end)
    } catch SSHFailure.stream(.silent, _) where end.hasPassed {
      // The caller looks at its own end.
    }
  }

  private func wait(_ quiet: Deadline) throws {
    try checkConnecting()
    let directions = libssh2_session_block_directions(handle)
    var events: Int32 = directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 ? POLLOUT : 0
    if events == 0 || directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0 { events |= POLLIN }
    do {
      try stream.wait(for: events, connecting.map { quiet.earlier($0.deadline) } ?? quiet)
    } catch let failure as SocketStream.Failure {
      try checkConnecting()
      throw SSHFailure.stream(failure, phase)
    }
  }

  private func checkConnecting() throws(SSHFailure) {
    if let connecting, connecting.deadline.hasPassed { throw .connectTimedOut(connecting.timeout, phase) }
  }

  /// The error for libssh2's code.
  private func error(_ code: Int32) -> SSHFailure {
    switch code {
    case LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
      LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_BANNER_SEND, LIBSSH2_ERROR_CHANNEL_CLOSED:
      .disconnected(phase)
    case LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_METHOD_NONE, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
      .noCommonAlgorithm(lastWords)
    case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED, LIBSSH2_ERROR_REQUEST_DENIED, LIBSSH2_ERROR_CHANNEL_FAILURE:
      .refused(phase, lastWords)
    default: .broken(phase, "\(lastWords) (\(code))")
    }
  }

  /// What libssh2 says of the last failure, in words of its own.
  private var lastWords: String {
    var text: UnsafeMutablePointer<CChar>?
    libssh2_session_last_error(handle, &text, nil, 0)
    return text.map { String(cString: $0).lowercased() } ?? "no reason given"
  }

  // MARK: Bytes

  private static let receive: remora_ssh_receive = { _, buffer, length, _, abstract in
    SSHSession.of(abstract).receive(into: UnsafeMutableRawBufferPointer(start: buffer, count: length))
  }

  private static let send: remora_ssh_send = { _, buffer, length, _, abstract in
    SSHSession.of(abstract).send(UnsafeRawBufferPointer(start: buffer, count: length))
  }

  private static func of(_ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> SSHSession {
    guard let pointer = abstract?.pointee else { preconditionFailure("every session of ours has its abstract") }
    return Unmanaged<SSHSession>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard isWithinLimits() else { return -Int(EPIPE) }
    let count = stream.receive(into: buffer)
    receivedBytes += max(count, 0)
    return noted(count)
  }

  private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard isWithinLimits() else { return -Int(EPIPE) }
    return noted(stream.send(bytes))
  }

  private func noted(_ count: Int) -> Int {
    if count > 0 { movedBytes += count }
    if count < 0, count != -Int(EAGAIN), count != -Int(EINTR), failure == nil {
      failure = SSHFailure.stream(.broken(Int32(-count)), phase)
    }
    // libssh2 has one code for "not now".
    return count == -Int(EINTR) ? -Int(EAGAIN) : count
  }

  private func isWithinLimits() -> Bool {
    guard failure == nil else { return false }
    do {
      try limits.cancellation.check()
      if limits.deadline.hasPassed { throw SSHFailure.stream(.runTimedOut, phase) }
      try checkConnecting()
      if receivedBytes > Self.unaskedBytes + Self.frameFactor * deliveredBytes { throw SSHFailure.flooded(phase) }
      return true
    } catch {
      failure = error
      return false
    }
  }
}

/// A failure to open an SSH session, or of a session. The caller translates it into a `TransportError` of its
/// operation.
enum SSHFailure: Error {
  /// The step that failed.
  enum Phase: String, Sendable {
    case handshake = "the key exchange"
    case authentication = "the authentication"
    case channel = "opening a channel"
    case data = "the conversation"
  }

  /// The connection below.
  case stream(SocketStream.Failure, Phase)
  /// The host is not authenticated after this long.
  case connectTimedOut(Duration, Phase)
  /// The host closed the connection.
  case disconnected(Phase)
  /// The host and libssh2 have no algorithm in common.
  case noCommonAlgorithm(String)
  /// The host sent far more than was asked for.
  case flooded(Phase)
  /// The key that the host showed is not to be trusted.
  case hostKey(KnownHosts.Verdict, SSHKey, name: String, files: [String])
  /// The host believes none of our keys.
  ///
  /// - Parameter isAnyLeftOut: there are keys that libssh2 cannot sign with and ssh can.
  case notAuthenticated(user: String, tried: [String], notes: [String], isAnyLeftOut: Bool)
  /// The host refuses channels, or the command.
  case refused(Phase, String)
  /// What libssh2 says of what the host sent.
  case broken(Phase, String)

  /// Whether the system's ssh may be able to do what libssh2 is not.
  var mayFitTheSystem: Bool {
    switch self {
    case .noCommonAlgorithm, .hostKey(.authorityOnly, _, name: _, files: _): true
    case .notAuthenticated(user: _, tried: _, notes: _, let isAnyLeftOut): isAnyLeftOut
    default: false
    }
  }
}
