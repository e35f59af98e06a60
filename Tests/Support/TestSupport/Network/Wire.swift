import Glibc
import Synchronization

/// Carries packets between two devices, as the weather lets it.
package final class Wire: Sendable {
  /// Packets by what became of them.
  package struct Traffic: Sendable {
    package var passed = 0
    package var lost = 0
    package var resets = 0
  }

  private struct State {
    var weather = Weather.fine
    var traffic = Traffic()
    var isStopped = false
  }

  private struct Waiting {
    let due: ContinuousClock.Instant
    let device: Int32
    let packet: [UInt8]
  }

  private let devices: [Int32]
  private let state = Mutex(State())

  init(_ first: Int32, _ second: Int32) { devices = [first, second] }

  package var traffic: Traffic { state.withLock { $0.traffic } }

  func set(_ weather: Weather) { state.withLock { $0.weather = weather } }

  /// Stops the thread, which ends within a tenth of a second and closes the devices.
  func stop() { state.withLock { $0.isStopped = true } }

  func start() {
    OwnThread.start(named: "wire") { [self] in
      carry()
      for device in devices { close(device) }
    }
  }

  private func carry() {
    // All wait equally long, so the order of coming is the order of going; a shorter delay lets the earlier ones out first.
    var waiting: [Waiting] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !state.withLock({ $0.isStopped }) {
      let now = ContinuousClock.now
      let due = waiting.prefix { $0.due <= now }
      for one in due { send(one.packet, to: one.device) }
      waiting.removeFirst(due.count)
      let pause = waiting.first.map { max(1, min(100, ($0.due - now) / .milliseconds(1))) } ?? 100
      var polls = devices.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&polls, 2, Int32(pause)) > 0 else { continue }
      for (index, device) in devices.enumerated() {
        while true {
          let count = read(device, &buffer, buffer.count)
          guard count > 0 else { break }
          take(Array(buffer[..<count]), from: device, to: devices[1 - index], &waiting)
        }
      }
    }
  }

  private func take(_ packet: [UInt8], from device: Int32, to other: Int32, _ waiting: inout [Waiting]) {
    let weather = state.withLock { $0.weather }
    if weather.isCut || Int.random(in: 0..<100) < weather.lostPercent {
      state.withLock { $0.traffic.lost += 1 }
      return
    }
    if let segment = Segment(packet), segment.hasData, Int.random(in: 0..<100) < weather.resetPercent {
      state.withLock { $0.traffic.resets += 1 }
      send(segment.reset(ofReceiver: true), to: other)
      send(segment.reset(ofReceiver: false), to: device)
      return
    }
    state.withLock { $0.traffic.passed += 1 }
    if weather.delay == .zero, waiting.isEmpty {
      send(packet, to: other)
    } else {
      waiting.append(Waiting(due: .now + weather.delay, device: other, packet: packet))
    }
  }

  /// Sends a packet; what does not fit is lost, as on any wire.
  private func send(_ packet: [UInt8], to device: Int32) { _ = write(device, packet, packet.count) }
}

/// A segment of TCP over IPv4.
private struct Segment {
  private let packet: [UInt8]
  private let start: Int

  init?(_ packet: [UInt8]) {
    guard packet.count >= 40, packet[0] >> 4 == 4, packet[9] == 6 else { return nil }
    start = Int(packet[0] & 15) * 4
    guard packet.count >= start + 20 else { return nil }
    self.packet = packet
  }

  var hasData: Bool { packet.count > start + Int(packet[start + 12] >> 4) * 4 }

  /// Returns the packet that ends the connection at once: at the receiver as if by the sender, or at the sender as if
  /// by the receiver.
  func reset(ofReceiver: Bool) -> [UInt8] {
    let (from, to) = (Array(packet[12..<16]), Array(packet[16..<20]))
    let ports = (Array(packet[start..<start + 2]), Array(packet[start + 2..<start + 4]))
    let number = ofReceiver ? packet[start + 4..<start + 8] : packet[start + 8..<start + 12]
    var tcp =
      (ofReceiver ? ports.0 + ports.1 : ports.1 + ports.0) + number + [0, 0, 0, 0, 0x50, 0x04, 0, 0, 0, 0, 0, 0]
    let addresses = ofReceiver ? from + to : to + from
    (tcp[16], tcp[17]) = Self.sum(addresses + [0, 6, 0, 20] + tcp)
    var head: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0] + addresses
    (head[10], head[11]) = Self.sum(head)
    return head + tcp
  }

  /// Returns the checksum of RFC 1071.
  private static func sum(_ bytes: [UInt8]) -> (UInt8, UInt8) {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1]) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return (UInt8(~sum >> 8 & 0xFF), UInt8(~sum & 0xFF))
  }
}
