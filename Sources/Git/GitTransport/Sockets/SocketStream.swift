internal import Glibc
internal import WorkerPool

/// A connection to a host, or to a program on this machine: bytes both ways. All waiting is poll(2) with a deadline, on
/// the thread that uses it; cancellation shuts the connection down, which wakes that poll.
///
/// One that is kept for later is released, and bound to the limits of its next user.
final class SocketStream {
  /// A failure to connect, or of a connection. The caller translates it into a `TransportError` of its operation.
  enum Failure: Error {
    case unknownHost(String)
    /// errno of connect(2), of the last address that was tried.
    case notConnected(Int32)
    case connectTimedOut(Duration)
    /// Not a byte in this long.
    case silent(Duration)
    /// The deadline of the whole run has passed.
    case runTimedOut
    /// errno of a connection that broke.
    case broken(Int32)
  }

  private let descriptor: Int32
  private var limits: WaitLimits
  private var registration: CancellationFlag.Registration?
  private var isClosed = false

  /// Connects to the first of the host's addresses that takes the connection.
  ///
  /// - Parameter connectTimeout: for the lookup and all addresses together.
  /// - Throws: `Failure`, `Cancelled`.
  convenience init(host: String, port: Int, connectTimeout: Duration, limits: WaitLimits) throws {
    let connected = Deadline.after(connectTimeout)
    do {
      let descriptor = try Self.connect(host, port, by: connected.earlier(limits.deadline), limits.cancellation)
      self.init(descriptor: descriptor, limits: limits)
    } catch NameLookup.Failure.unknown(let words) {
      throw Failure.unknownHost(words)
    } catch NameLookup.Failure.timedOut {
      throw connected < limits.deadline ? Failure.connectTimedOut(connectTimeout) : Failure.runTimedOut
    }
  }

  /// Takes a connected socket over.
  init(descriptor: Int32, limits: WaitLimits) {
    self.descriptor = descriptor
    self.limits = limits
    bind(to: limits)
  }

  deinit { close() }

  /// Makes all waits from now on end by these limits.
  func bind(to limits: WaitLimits) {
    release()
    self.limits = limits
    // Removed before the descriptor is closed, so the number cannot be another file's by then.
    registration = limits.cancellation.onRaise { [descriptor] in Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
  }

  /// Releases the limits: no cancellation ends the connection any more. It must be bound before it is used again.
  func release() {
    registration?.remove()
    registration = nil
  }

  /// Ends the connection. Calling it twice does nothing more.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    release()
    Glibc.close(descriptor)
  }

  /// Reads at least one byte; 0 is the end.
  ///
  /// - Throws: `Failure`, `Cancelled`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    precondition(!buffer.isEmpty, "a read needs room")
    let quiet = Deadline.after(limits.silence)
    while true {
      try limits.cancellation.check()
      let count = receive(into: buffer)
      if count > 0 { return count }
      if count == 0 {
        // Our own shutdown by cancellation looks the same.
        try limits.cancellation.check()
        return 0
      }
      try goOn(after: Int32(-count), waitingFor: POLLIN, quiet)
    }
  }

  /// Writes all bytes.
  ///
  /// - Throws: `Failure`, `Cancelled`.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    var quiet = Deadline.after(limits.silence)
    while !rest.isEmpty {
      try limits.cancellation.check()
      let count = send(rest)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        quiet = Deadline.after(limits.silence)
        continue
      }
      try goOn(after: Int32(-count), waitingFor: POLLOUT, quiet)
    }
  }

  /// Reads available bytes, without waiting: a number of bytes, 0 for the end, or a negative errno.
  func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
    return count >= 0 ? count : -Int(errno)
  }

  /// False when the other side has closed it, or it is broken.
  var isOpen: Bool {
    guard !isClosed else { return false }
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
    return count > 0 || (count < 0 && errno == EAGAIN)
  }

  /// Writes as many bytes as the socket accepts, without waiting: a number of bytes, or a negative errno.
  func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    return count >= 0 ? count : -Int(errno)
  }

  /// Waits until one of the poll(2) events comes.
  ///
  /// - Parameter quiet: when it has lasted too long without a byte.
  /// - Throws: `Failure`, `Cancelled`.
  func wait(for events: Int32, _ quiet: Deadline) throws {
    try limits.cancellation.check()
    guard !limits.deadline.hasPassed else { throw Failure.runTimedOut }
    guard !quiet.hasPassed else { throw Failure.silent(limits.silence) }
    var polled = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    // How it ended, the caller sees when it tries again, or here at the next wait.
    _ = Glibc.poll(&polled, 1, quiet.earlier(limits.deadline).pollTimeoutMilliseconds)
    try limits.cancellation.check()
  }

  private func goOn(after code: Int32, waitingFor events: Int32, _ quiet: Deadline) throws {
    switch code {
    case EINTR: return
    case EAGAIN: try wait(for: events, quiet)
    default:
      try limits.cancellation.check()
      throw Failure.broken(code)
    }
  }
}

extension SocketStream {
  static func connect(
    _ host: String, _ port: Int, by deadline: Deadline, _ cancellation: CancellationFlag
  ) throws -> Int32 {
    let addresses = try NameLookup.addresses(of: host, port: port, by: deadline, cancellation: cancellation)
    var last = EHOSTUNREACH
    for (number, address) in addresses.enumerated() {
      // An address that swallows packets must leave time for those after it.
      let share = deadline.remaining / (addresses.count - number)
      let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
      let descriptor = socket(address.family, type, 0)
      guard descriptor >= 0 else {
        last = errno
        continue
      }
      let code: Int32
      do {
        code = try connect(descriptor, address, by: .after(share), cancellation)
      } catch {
        Glibc.close(descriptor)
        throw error
      }
      if code == 0 { return descriptor }
      Glibc.close(descriptor)
      last = code
    }
    guard last != ETIMEDOUT || !deadline.hasPassed else { throw NameLookup.Failure.timedOut }
    throw Failure.notConnected(last)
  }

  /// errno of the attempt, 0 when it is connected.
  private static func connect(
    _ descriptor: Int32, _ address: NameLookup.Address, by deadline: Deadline, _ cancellation: CancellationFlag
  ) throws -> Int32 {
    let status = address.bytes.withUnsafeBytes { raw in
      Glibc.connect(descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    if status == 0 { return 0 }
    guard errno == EINPROGRESS || errno == EINTR else { return errno }
    let registration = cancellation.onRaise { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
    defer { registration.remove() }
    while true {
      try cancellation.check()
      guard !deadline.hasPassed else { return ETIMEDOUT }
      var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard Glibc.poll(&polled, 1, deadline.pollTimeoutMilliseconds) > 0 else { continue }
      try cancellation.check()
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
      return code
    }
  }
}

extension SocketStream {
  /// Why a socket on this machine cannot be connected.
  struct NotConnected: Error {
    /// errno.
    let code: Int32
  }

  /// Connects a socket to the one at `path`. Never waits: connect(2) fails at once when the listener's backlog is full.
  static func connect(path: String) throws(NotConnected) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < room else { throw NotConnected(code: ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw NotConnected(code: errno) }
    let status = withUnsafeBytes(of: &address) { raw in
      Glibc.connect(
        descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_un>.size))
    }
    guard status == 0 else {
      let code = errno
      Glibc.close(descriptor)
      throw NotConnected(code: code)
    }
    return descriptor
  }
}
