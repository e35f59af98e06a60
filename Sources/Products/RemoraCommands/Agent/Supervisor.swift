internal import Glibc

/// The service manager that started us, if it asks for notifications (sd_notify(3)).
struct Supervisor: Sendable {
  private let socketPath: String?
  /// The service manager's watchdog interval; `nil` without one.
  private let watchdog: Duration?

  init(_ environment: [String: String]) {
    socketPath = environment["NOTIFY_SOCKET"]
    // sd_watchdog_enabled(3): for this process only.
    let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    watchdog = isOurs ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { .microseconds($0) } : nil
  }

  /// The listeners are open. Without an answer: it is a datagram, and a manager that does not get it waits until its
  /// own timeout.
  func ready() { tell("READY=1") }

  /// Says that we are well for as long as `isWell` says so, which asks what others ask us: an agent that does not
  /// answer is started again. Until the task is cancelled.
  func watch(_ isWell: @Sendable () async -> Bool) async {
    guard let watchdog, socketPath != nil else { return }
    while !Task.isCancelled {
      if await isWell() { tell("WATCHDOG=1") }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: watchdog / 4)
    }
  }

  private func tell(_ text: String) {
    guard let socketPath, let address = Self.address(socketPath) else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let message = Array(text.utf8)
    withUnsafePointer(to: address.value) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
        _ = sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), target, address.length)
      }
    }
  }

  /// An `@` stands for the NUL that begins an abstract name.
  private static func address(_ path: String) -> (value: sockaddr_un, length: socklen_t)? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), bytes.count < 108 else {
      return nil
    }
    if first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return (address, socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
  }
}
