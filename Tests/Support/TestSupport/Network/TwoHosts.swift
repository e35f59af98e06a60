import Foundation
import Glibc

/// Two hosts of their own, as network namespaces, whose packets all pass through this process: it delays, loses and cuts them, and
/// resets their connections. Nothing of it can be reached from elsewhere; all of it is gone with this object.
///
/// Made of TUN devices, not of netem, which many kernels come without.
package final class TwoHosts: Sendable {
  /// Namespaces take root, and a system that lets it (not every container does).
  package static let isPossible: Bool = {
    guard geteuid() == 0, let hosts = try? TwoHosts() else { return false }
    hosts.remove()
    return true
  }()

  /// Runs a program on the first host, in front of its name and arguments.
  package let first: [String]
  /// The same on the second.
  package let second: [String]
  /// The first host's address, as the second sees it.
  package let address = "10.177.0.1"

  private let names: [String]
  private let wire: Wire

  package init() throws {
    // Short: a device's name has at most 15 bytes.
    let stem = "rmr" + String(UInt32.random(in: 0 ... .max), radix: 36)
    names = [stem + "a", stem + "b"]
    (first, second) = (Self.runner(names[0]), Self.runner(names[1]))
    var devices: [Int32] = []
    do {
      for (name, (own, other)) in zip(names, [("10.177.0.1", "10.177.0.2"), ("10.177.0.2", "10.177.0.1")]) {
        devices.append(try Self.device(name))
        try Self.ip("netns", "add", name)
        try Self.ip("link", "set", "dev", name, "netns", name)
        try Self.ip("-n", name, "link", "set", "dev", "lo", "up")
        try Self.ip("-n", name, "addr", "add", own, "peer", other, "dev", name)
        try Self.ip("-n", name, "link", "set", "dev", name, "up")
      }
    } catch {
      for device in devices { close(device) }
      for name in names { try? Self.ip("netns", "del", name) }  // those that were made
      throw error
    }
    wire = Wire(devices[0], devices[1])
    wire.start()
  }

  deinit { remove() }

  /// What becomes of packets from now on.
  package func set(_ weather: Weather) { wire.set(weather) }

  /// Packets that came and went in both directions.
  package var traffic: Wire.Traffic { wire.traffic }

  private func remove() {
    wire.stop()
    for name in names { try? Self.ip("netns", "del", name) }  // a namespace that is left over is harmless
  }

  private static func runner(_ name: String) -> [String] { ["ip", "netns", "exec", name] }

  private static func ip(_ arguments: String...) throws {
    let outcome = try ChildProcess("ip", arguments).outcome() as ProcessOutcome
    guard outcome.isSuccess else {
      throw TestSupportError("ip \(arguments.joined(separator: " ")): \(outcome.errorText)")
    }
  }

  /// Makes a device of packets without a header of their own.
  private static func device(_ name: String) throws -> Int32 {
    let device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard device >= 0 else { throw TestSupportError.systemCall("open", on: "/dev/net/tun", number: errno) }
    // struct ifreq: 16 bytes of name, then the flags IFF_TUN | IFF_NO_PI.
    var request = [UInt8](name.utf8) + [UInt8](repeating: 0, count: 40 - name.utf8.count)
    (request[16], request[17]) = (0x01, 0x10)
    let setInterface: UInt = 0x4004_54CA
    guard ioctl(device, setInterface, &request) == 0 else {
      let number = errno
      close(device)
      throw TestSupportError.systemCall("ioctl TUNSETIFF", on: name, number: number)
    }
    return device
  }
}

/// What becomes of packets between two hosts.
package struct Weather: Sendable {
  /// One way.
  package var delay = Duration.zero
  /// Of a hundred packets that many are lost, by chance.
  package var lostPercent = 0
  /// Whether all packets are dropped, without an error to the sender.
  package var isCut = false
  /// Each packet that brings data resets its connection with this chance, of a hundred.
  package var resetPercent = 0

  package static let fine = Weather()

  package init(delay: Duration = .zero, lostPercent: Int = 0, isCut: Bool = false, resetPercent: Int = 0) {
    self.delay = delay
    self.lostPercent = lostPercent
    self.isCut = isCut
    self.resetPercent = resetPercent
  }
}
