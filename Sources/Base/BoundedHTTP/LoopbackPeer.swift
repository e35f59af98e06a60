import Glibc

/// Who is at the other end of a connection on 127.0.0.1.
enum LoopbackPeer {
  /// Whether a program of our own user holds the end with the port `peer` of a connection to our port `port`.
  ///
  /// The kernel lists in `/proc/net/tcp` (proc_pid_net(5)): local address, remote address and, as the eighth field, the
  /// user.
  static func isOurs(_ peer: Int?, of port: Int) -> Bool {
    // A client whose user cannot be determined is refused.
    guard let peer, let table = connections() else { return false }
    let (theirs, ours) = (address(peer), address(port))
    let line = table.split(separator: "\n").lazy.map { $0.split(separator: " ") }.first {
      $0.count > 7 && $0[1] == theirs && $0[2] == ours
    }
    return line.map { $0[7] == "\(geteuid())" } ?? false
  }

  /// The whole table: it comes in parts of a page, and says that it has no size.
  private static func connections() -> String? {
    let file = open("/proc/net/tcp", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(file, &part, part.count)
      guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
      bytes += part[..<count]
    }
  }

  /// 127.0.0.1 as the kernel prints it, on a machine of either byte order.
  private static func address(_ port: Int) -> String {
    let loopback = hex(Int(UInt32(bigEndian: 0x7F00_0001)), digits: 8)
    return "\(loopback):\(hex(port, digits: 4))"
  }

  private static func hex(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: digits - text.count) + text
  }
}
