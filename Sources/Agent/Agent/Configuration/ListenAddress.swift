/// Where the agent listens: `127.0.0.1:7170`, `[::1]:7170`, `git.example.org:443`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// Without brackets.
  package let host: String
  /// 0 takes any free port.
  package let port: Int

  /// `nil` unless the text is a host and a port.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Decimal.number(text[text.index(after: colon)...]),
      port <= 65_535
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    let isHost = host.utf8.allSatisfy { byte in
      (0x30...0x3a).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || [0x2d, 0x2e, 0x5f].contains(byte)
    }
    guard isHost, !host.isEmpty, host.utf8.count <= 253 else { return nil }
    self.host = String(host)
    self.port = Int(port)
  }

  /// Whether only programs on this machine can reach it.
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { Decimal.number($0).map { $0 <= 255 } ?? false }
  }

  /// The form of a configuration.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
