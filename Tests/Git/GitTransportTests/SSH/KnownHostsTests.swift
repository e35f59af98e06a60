import Foundation
import Testing

@testable import GitTransport

/// What files of known hosts mean, line by line; `ssh-keygen` has made the lines, `ssh` has the last word in `SSHLibraryTests`.
@Suite struct KnownHostsTests {
  private static let ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHAePhqYKybnyl4W5F3rWpQwN1vU8wzq8Mr1HhQKIS5U"
  private static let another = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

  private static func key(_ line: String) throws -> SSHKey {
    let text = try #require(line.split(separator: " ").last)
    let bytes = try #require(Data(base64Encoded: String(text)))
    return try #require(SSHKey(blob: Array(bytes)))
  }

  private static func verdict(_ lines: String..., name: String = "git.example.org") throws -> KnownHosts.Verdict {
    var known = KnownHosts()
    known.add(lines.joined(separator: "\n"), from: "f")
    return known.verdict(on: try key(ed25519), of: name)
  }

  private static func place(_ line: Int) -> KnownHosts.Place { KnownHosts.Place(file: "f", line: line) }

  @Test func `a plain line, a list, patterns and exceptions`() throws {
    #expect(try Self.verdict("git.example.org \(Self.ed25519)") == .trusted)
    #expect(try Self.verdict("other,git.example.org,10.0.0.1 \(Self.ed25519) a comment") == .trusted)
    #expect(try Self.verdict("*.example.org \(Self.ed25519)") == .trusted)
    #expect(try Self.verdict("gi?.EXAMPLE.org\t\(Self.ed25519)") == .trusted)
    #expect(try Self.verdict("*.example.org,!git.* \(Self.ed25519)") == .unknown)
    #expect(try Self.verdict("example.org \(Self.ed25519)") == .unknown)
    #expect(try Self.verdict() == .unknown)
  }

  @Test(arguments: ["\r\n", "\n", "\r\n\r\n"])
  func `lines end with LF or CR LF, and need not be UTF-8`(end: String) throws {
    let text = ["# keys", "other \(Self.another)", "git.example.org \(Self.ed25519)"].joined(separator: end) + end
    var known = KnownHosts()
    known.add([0xEF, 0xBB, 0xBF] + Array("# caf".utf8) + [0xE9] + Array(end.utf8) + Array(text.utf8), from: "f")
    #expect(known.verdict(on: try Self.key(Self.ed25519), of: "git.example.org") == .trusted)
    #expect(known.verdict(on: try Self.key(Self.ed25519), of: "other") != .trusted)
  }

  @Test func `a port is part of the name, unless it is the usual one`() throws {
    #expect(KnownHosts.lookupName(host: "Git.example.org", port: 22) == "git.example.org")
    #expect(KnownHosts.lookupName(host: "git.example.org", port: 2222) == "[git.example.org]:2222")
    #expect(try Self.verdict("[git.example.org]:2222 \(Self.ed25519)", name: "[git.example.org]:2222") == .trusted)
    #expect(try Self.verdict("git.example.org \(Self.ed25519)", name: "[git.example.org]:2222") == .unknown)
  }

  @Test func `another key of the same type is a change, and its line is named`() throws {
    #expect(try Self.verdict("# a comment", "", "git.example.org \(Self.another)") == .changed(Self.place(3)))
    #expect(try Self.verdict("git.example.org \(Self.another)", "git.example.org \(Self.ed25519)") == .trusted)
  }

  @Test func `a revoked key is refused whoever else trusts it`() throws {
    #expect(
      try Self.verdict("git.example.org \(Self.ed25519)", "@revoked * \(Self.ed25519)") == .revoked(Self.place(2)))
    #expect(try Self.verdict("git.example.org \(Self.ed25519)", "@revoked * \(Self.another)") == .trusted)
  }

  @Test func `an authority alone is told apart from nobody`() throws {
    #expect(try Self.verdict("@cert-authority *.example.org \(Self.another)") == .authorityOnly(Self.place(1)))
    #expect(try Self.verdict("@cert-authority *.example.com \(Self.another)") == .unknown)
    #expect(try Self.verdict("@whatever * \(Self.ed25519)") == .unknown)
  }

  @Test func `lines that are none are passed over, and end no other`() throws {
    let odd = [
      "git.example.org", "git.example.org ssh-ed25519", "git.example.org ssh-ed25519 ***", "|1|x|y \(Self.ed25519)",
    ]
    for line in odd { #expect(try Self.verdict(line, "git.example.org \(Self.ed25519)") == .trusted, "\(line)") }
    #expect(try Self.verdict("git.example.org ssh-rsa \(Self.ed25519.dropFirst(12))") == .unknown, "a type that lies")
    #expect(try Self.verdict("git.example.org \(Self.ed25519)\r") == .trusted)
  }

  @Test func `a pattern of many stars takes no time to speak of`() throws {
    let pattern = String(repeating: "*a", count: 2_000)
    let name = String(repeating: "a", count: 4_000) + "b"
    #expect(try Self.verdict("\(pattern) \(Self.ed25519)", name: name) == .unknown)
  }

  @Test func `the types by which a host is known come in the order of the file`() throws {
    var known = KnownHosts()
    let ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTY="
    known.add("h \(ecdsa)\nh \(Self.ed25519)\nh \(Self.another)\n@revoked h ssh-rsa AAAAB3NzaC1yc2E=", from: "f")
    #expect(known.keyTypes(of: "h") == ["ecdsa-sha2-nistp256", "ssh-ed25519"])
  }
}
