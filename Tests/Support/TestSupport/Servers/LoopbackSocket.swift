import Glibc

/// Sockets on 127.0.0.1, by plain calls. Descriptors are closed on exec; who gets one closes it.
package enum LoopbackSocket {
  /// Listens on a port of the system's choice.
  package static func listen(backlog: Int32 = 128, blocking: Bool = true) throws -> (descriptor: Int32, port: UInt16) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | (blocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { throw TestSupportError.systemCall("socket", number: errno) }
    var address = address(port: 0)
    let bound = withSocketAddress(&address) { bind(descriptor, $0, $1) }
    guard bound == 0, Glibc.listen(descriptor, backlog) == 0 else {
      let number = errno
      close(descriptor)
      throw TestSupportError.systemCall("listen", on: "127.0.0.1", number: number)
    }
    return (descriptor, port(of: descriptor))
  }

  /// Returns a port for a server that binds for itself; another process may be faster.
  static func unusedPort() throws -> UInt16 {
    let (descriptor, port) = try listen(backlog: 1)
    close(descriptor)
    return port
  }

  /// Listens on a path.
  package static func listen(path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TestSupportError.systemCall("socket", number: errno) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw TestSupportError("socket path too long: \(path)") }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, Glibc.listen(descriptor, 64) == 0 else {
      let number = errno
      close(descriptor)
      throw TestSupportError.systemCall("listen", on: path, number: number)
    }
    return descriptor
  }

  /// Begins to connect a socket that does not block, and does not wait for what comes of it.
  package static func beginConnecting(_ descriptor: Int32, to port: UInt16) {
    var address = address(port: port)
    _ = withSocketAddress(&address) { Glibc.connect(descriptor, $0, $1) }
  }

  /// Connects to a port; blocks at most as long as the kernel tries.
  package static func connect(to port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TestSupportError.systemCall("socket", number: errno) }
    var address = address(port: port)
    guard withSocketAddress(&address, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let number = errno
      close(descriptor)
      throw TestSupportError.systemCall("connect", on: "127.0.0.1:\(port)", number: number)
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }

  /// Takes the next connection; nil when the listener was shut down.
  static func accept(_ listener: Int32) -> Int32? {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
      }
      if errno != EINTR && errno != ECONNABORTED { return nil }
    }
  }

  /// Sends all of it without SIGPIPE; false when the other side is gone.
  package static func send(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
    let whole = bytes.withContiguousStorageIfAvailable { sendAll(UnsafeRawBufferPointer($0), to: descriptor) }
    return whole ?? Array(bytes).withUnsafeBytes { sendAll($0, to: descriptor) }
  }

  private static func sendAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = Glibc.send(
        descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  /// Reads what is there, at most `limit`; empty at the end or when the connection broke.
  package static func receive(from descriptor: Int32, limit: Int = 64 * 1024) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
      while true {
        let count = recv(descriptor, buffer.baseAddress, limit, 0)
        if count < 0 && errno == EINTR { continue }
        filled = max(count, 0)
        return
      }
    }
  }

  /// Makes the coming close a reset instead of an orderly end.
  static func resetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  private static func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func port(of descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func withSocketAddress(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}
