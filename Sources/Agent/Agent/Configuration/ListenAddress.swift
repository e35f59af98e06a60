internal import Foundation

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

/// An IP address or prefix: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`.
///
/// IPv4 addresses that come as IPv6 (`::ffff:192.0.2.7`) are IPv4 here.
package struct AddressRange: Hashable, Sendable {
  private let bytes: [UInt8]
  private let bits: Int

  /// `nil` for an invalid address, and for more bits than it has.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ Self.bytes(of: String($0)) }) else { return nil }
    bytes = address
    guard parts.count == 2 else {
      bits = address.count * 8
      return
    }
    guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]),
      bits <= address.count * 8
    else { return nil }
    self.bits = bits
  }

  /// Whether an address is one of these; false for an invalid address.
  package func contains(_ address: String) -> Bool {
    guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
    for index in 0..<bits where (bytes[index / 8] ^ other[index / 8]) & (0x80 >> UInt8(index % 8)) != 0 { return false }
    return true
  }

  /// Returns the address in its shortest spelling, IPv4-mapped addresses as IPv4; `nil` for an invalid address.
  package static func normalized(_ address: String) -> String? { bytes(of: address).flatMap(text) }

  /// Returns the network that represents all addresses of one client: of IPv6 the first 64 bits, of IPv4 the address.
  /// Other text is returned unchanged.
  package static func network(of address: String) -> String {
    guard let bytes = bytes(of: address) else { return address }
    guard bytes.count == 16 else { return text(bytes) ?? address }
    return (text(bytes.prefix(8) + [UInt8](repeating: 0, count: 8)) ?? address) + "/64"
  }

  /// Whether an address is of this machine alone: `127.0.0.0/8` and `::1`.
  package static func isLoopback(_ address: String) -> Bool {
    guard let bytes = bytes(of: address) else { return false }
    return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  /// 4 or 16 bytes.
  private static func bytes(of address: String) -> [UInt8]? {
    // A link-local address may name its interface.
    let address = String(address.prefix { $0 != "%" })
    var four = [UInt8](repeating: 0, count: 4)
    if inet_pton(AF_INET, address, &four) == 1 { return four }
    var sixteen = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, address, &sixteen) == 1 else { return nil }
    let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
    return sixteen.starts(with: mapped) ? Array(sixteen.suffix(4)) : sixteen
  }

  private static func text(_ bytes: some Collection<UInt8>) -> String? {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, Array(bytes), &text, socklen_t(text.count)) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
