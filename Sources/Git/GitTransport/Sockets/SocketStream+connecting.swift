import Glibc
import WorkerPool

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
