import Glibc
import TestSupport
import Testing

@testable import BoundedHTTP

@Suite struct SOCKSRelayTests {
  @Test(
    "a program of another user is not let through to the proxy",
    .enabled(if: geteuid() == 0, "only root is somebody else"))
  func strangers() async throws {
    try await withTemporaryDirectory { directory in
      let proxy = try RealProxy(.socks(login: ("user", "s3cret")), in: directory.path)
      defer { proxy.stop() }
      let credential = HTTPBasicCredential(user: "user", password: "s3cret")
      let relay = try await SOCKSRelay(
        to: HTTPProxy(.socks5, host: "127.0.0.1", port: Int(proxy.port), credential: credential), credential,
        timeout: .seconds(10))
      // Greets, asks for a connection to the proxy's own port, and prints all that it reads in the first ten bytes.
      let script = """
        exec 3<>/dev/tcp/127.0.0.1/\(relay.port)
        printf '\\x05\\x01\\x00' >&3
        printf '\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01\\x\(Self.hex(proxy.port >> 8))\\x\(Self.hex(proxy.port & 255))' >&3
        head -c 6 <&3 | od -An -tx1
        """
      func heard(by user: String) async throws -> String {
        let outcome = try await ChildProcess(
          "setpriv", ["--reuid=\(user)", "--clear-groups", "timeout", "20", "bash", "-c", script]
        ).outcome()
        return outcome.text.split(separator: " ").joined()
      }
      #expect(try await heard(by: "0").hasPrefix("050005000001"))
      let stranger = try await heard(by: "65534")
      #expect(["", "0500"].contains(stranger), "\(stranger)")
      withExtendedLifetime(relay) {}
    }
  }

  private static func hex(_ byte: UInt16) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0\(text)" : text
  }
}
