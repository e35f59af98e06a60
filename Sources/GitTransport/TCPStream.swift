import Glibc
import WorkerPool

/// A connection to a host: bytes both ways. All waiting is poll(2) with a deadline, on the thread that uses it; cancellation shuts
/// the connection down, which wakes that poll.
final class TCPStream {
  /// Why there is no connection, or none any more. Whoever knows what it was for says it in a `TransportError`.
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
  private let silence: Duration
  private let deadline: Deadline
  private let cancellation: CancellationFlag
  private let registration: CancellationFlag.Registration
  private var isClosed = false

  /// Connects to the first of the host's addresses that takes the connection.
  ///
  /// - Parameters:
  ///   - connectTimeout: for the lookup and all addresses together.
  ///   - silence: how long to wait for a byte to come or to be taken.
  ///   - deadline: when all must be over.
  /// - Throws: `Failure`, `Cancelled`.
  init(
    host: String, port: Int, connectTimeout: Duration, silence: Duration, deadline: Deadline,
    cancellation: CancellationFlag
  ) throws {
    let connected = Deadline.after(connectTimeout)
    do {
      descriptor = try Self.connect(host, port, by: connected.earlier(deadline), cancellation)
    } catch NameLookup.Failure.unknown(let words) {
      throw Failure.unknownHost(words)
    } catch NameLookup.Failure.timedOut {
      throw connected < deadline ? Failure.connectTimedOut(connectTimeout) : Failure.runTimedOut
    }
    self.silence = silence
    self.deadline = deadline
    self.cancellation = cancellation
    // Removed before the descriptor is closed, so the number cannot be another file's by then.
    registration = cancellation.onRaise { [descriptor] in Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
  }

  deinit { close() }

  /// Ends the connection. Calling it twice does nothing more.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    registration.remove()
    Glibc.close(descriptor)
  }

  /// Reads at least one byte; 0 is the end.
  ///
  /// - Throws: `Failure`, `Cancelled`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    precondition(!buffer.isEmpty, "a read needs room")
    let quiet = Deadline.after(silence)
    while true {
      try cancellation.check()
      let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 { return count }
      if count == 0 {
        // Our own shutdown by cancellation looks the same.
        try cancellation.check()
        return 0
      }
      try goOn(after: errno, waitingFor: POLLIN, quiet)
    }
  }

  /// Writes all bytes.
  ///
  /// - Throws: `Failure`, `Cancelled`.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    var quiet = Deadline.after(silence)
    while !rest.isEmpty {
      try cancellation.check()
      let count = send(descriptor, rest.baseAddress, rest.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        quiet = Deadline.after(silence)
        continue
      }
      try goOn(after: errno, waitingFor: POLLOUT, quiet)
    }
  }

  private func goOn(after code: Int32, waitingFor events: Int32, _ quiet: Deadline) throws {
    switch code {
    case EINTR: return
    case EAGAIN:
      guard !deadline.hasPassed else { throw Failure.runTimedOut }
      guard !quiet.hasPassed else { throw Failure.silent(silence) }
      Self.poll(descriptor, events, until: quiet.earlier(deadline))
    default:
      try cancellation.check()
      throw Failure.broken(code)
    }
  }

  /// Returns when something has happened, or the time is over: the caller looks which.
  private static func poll(_ descriptor: Int32, _ events: Int32, until deadline: Deadline) {
    var polled = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    _ = Glibc.poll(&polled, 1, deadline.pollTimeoutMilliseconds)
  }

  // MARK: Connecting

  private static func connect(
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
