import Foundation
import TestSupport
import Testing

/// What an agent sends to a service manager, by its socket.
@Suite("An agent under a service manager")
struct SupervisorTests {
  @Test("it reports that it is ready, and pings the watchdog regularly")
  func notifies() async throws {
    try await withTemporaryDirectory("notify") { directory in
      let door = try DatagramDoor(path: directory.path("notify.sock"))
      var settings = AgentPairFixture.Settings()
      settings.primaryEnvironment = [
        "NOTIFY_SOCKET": directory.path("notify.sock"), "WATCHDOG_USEC": "2000000",
      ]
      let agent = try AgentPairFixture(directory, settings: settings).startPrimary()
      #expect(door.next() == "READY=1")
      for _ in 0..<3 { #expect(door.next() == "WATCHDOG=1") }
      // When it is stopped as a whole, the pings end.
      agent.send(signal: SIGSTOP)
      while door.next(within: 3) != nil {}
      agent.send(signal: SIGCONT)
      #expect(door.next() == "WATCHDOG=1")
      agent.send(signal: SIGTERM)
      #expect(try await agent.outcome().isSuccess)
    }
  }

  /// A bound datagram socket.
  private final class DatagramDoor {
    private let descriptor: Int32

    init(path: String) throws {
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      guard descriptor >= 0, bound == 0 else { throw TestSupportError("bind: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Returns the next message; `nil` when none comes in so many seconds.
    func next(within seconds: Int = 20) -> String? {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, Int32(seconds * 1_000)) == 1 else { return nil }
      var buffer = [UInt8](repeating: 0, count: 256)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
  }
}
