import Foundation
import TestSupport
import Testing

@testable import SiteTokens

@Suite("Tokens that have names")
struct NamedTokenTests {
  let directory: TemporaryDirectory
  let file: TokenFile
  let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws {
    directory = try TemporaryDirectory("tokens")
    file = TokenFile(state: directory.path)
  }

  private func tokens() throws -> PersonTokens {
    try PersonTokens(adminFile: nil, readerFile: nil, named: file.read())
  }

  @Test("a token proves its name, role and kinds until it expires or is revoked, and is kept nowhere")
  func life() throws {
    #expect(try file.read().isEmpty)
    let text = try file.add(
      "ci", role: .admin, kinds: ["wiki"], expiresAt: now.addingTimeInterval(60), at: now)
    let other = try file.add("grafana", role: .reader, at: now)
    #expect(text.hasPrefix("remora_") && text.utf8.count >= 64 && !text.contains("."), "a dot would be a site's token")
    let kept = try String(contentsOfFile: file.path, encoding: .utf8)
    #expect(!kept.contains(text) && !kept.contains(other) && kept.contains("\"ci\""))
    let known = try tokens()
    #expect(
      known.person(ofAuthorization: "Bearer \(text)", at: now) == Person(name: "ci", role: .admin, kinds: ["wiki"]))
    #expect(
      known.person(ofAuthorization: "Bearer \(other)", at: .distantFuture) == Person(name: "grafana", role: .reader))
    #expect(known.person(ofAuthorization: "Bearer \(text)x", at: now) == nil)
    #expect(known.person(ofAuthorization: "Bearer \(text)", at: now.addingTimeInterval(60)) == nil, "its time is over")
    #expect(known.person(ofDigest: PersonTokens.digest(ofToken: other), at: now)?.name == "grafana")
    try file.revoke("ci")
    #expect(try tokens().person(ofAuthorization: "Bearer \(text)", at: now) == nil)
    #expect(try tokens().person(ofAuthorization: "Bearer \(other)", at: now) != nil)
    #expect(throws: SecretFileError.self) { try file.revoke("ci") }
  }

  @Test("the file is its owner's alone, whatever umask the operator has", arguments: [0o000, 0o022, 0o777] as [mode_t])
  func modes(mask: mode_t) throws {
    let before = umask(mask)
    defer { umask(before) }
    _ = try file.add("a", role: .reader, at: now)
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try file.read().map(\.name) == ["a"])
  }

  @Test("names are a site's names, once each, and not those of the two files")
  func names() throws {
    for name in ["admin", "reader", "", "a b", "a/b", "-x", String(repeating: "x", count: 64), "x\n"] {
      #expect(throws: SecretFileError.self) { try file.add(name, role: .reader, at: now) }
    }
    _ = try file.add("a", role: .reader, at: now)
    #expect(throws: SecretFileError.self) { try file.add("a", role: .admin, at: now) }
    #expect(try file.read().count == 1)
    #expect(!FileManager.default.fileExists(atPath: file.path + ".new"), "a refused change leaves nothing")
  }

  @Test("a file that others may use, or that is damaged or newer, is refused and stays")
  func refused() throws {
    _ = try file.add("a", role: .reader, at: now)
    #expect(chmod(file.path, 0o644) == 0)
    #expect(throws: SecretFileError.self) { try file.read() }
    for text in ["", "[]", "{\"format\":2,\"tokens\":[]}", "{\"format\":1}", String(repeating: "x", count: 2 << 20)] {
      try directory.write(text, to: "tokens.json")
      #expect(chmod(file.path, 0o600) == 0)
      #expect(throws: SecretFileError.self) { try file.read() }
      #expect(throws: SecretFileError.self) { try file.add("b", role: .reader, at: now) }
      #expect(try String(contentsOfFile: file.path, encoding: .utf8) == text)
    }
  }

  @Test("two commands at once do not lose a token: one is refused")
  func atOnce() throws {
    try directory.write("", to: "tokens.json.new")
    #expect(throws: SecretFileError.self) { try file.add("a", role: .reader, at: now) }
    #expect(FileManager.default.fileExists(atPath: file.path + ".new"), "the other command's file stays")
  }

  @Test("the tokens of the two files go on beside them under their own names")
  func beside() throws {
    let admin = String(repeating: "a", count: 32)
    let path = try directory.write(admin + "\n", to: "admin")
    #expect(chmod(path, 0o600) == 0)
    _ = try file.add("x", role: .reader, at: now)
    let tokens = try PersonTokens(adminFile: path, readerFile: nil, named: file.read())
    #expect(tokens.person(ofAuthorization: "Bearer \(admin)", at: now) == Person(name: "admin", role: .admin))
    #expect("\(tokens)" == "***" && Mirror(reflecting: tokens).children.isEmpty)
  }
}
