import Foundation
import TestSupport
import Testing

@testable import SiteTokens

@Suite("Secrets and role tokens")
struct SecretTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory("secrets") }

  private func file(_ text: String, mode: Int = 0o600, _ name: String = "secret") throws -> String {
    let path = try directory.write(text, to: name)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func refusal(_ path: String) -> String? {
    do {
      _ = try SiteSecret(file: path)
      return nil
    } catch {
      return "\(error.reason); \(error.hint)"
    }
  }

  @Test("a generated secret is durable, ours alone, can be read, and is never made over another")
  func generate() throws {
    let path = directory.path("made")
    let secret = try SiteSecret.generate(at: path)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
    #expect(throws: SecretFileError.self) { try SiteSecret.generate(at: path) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    for shown in ["\(secret)", String(reflecting: secret), "\([secret])"] {
      #expect(shown.contains("***") && !shown.contains(text.prefix(8)))
    }
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains(text.prefix(8)) && Mirror(reflecting: secret).children.isEmpty)
  }

  @Test("no directory, no secret")
  func generateNowhere() throws {
    #expect(throws: SecretFileError.self) { try SiteSecret.generate(at: directory.path("none/made")) }
  }

  @Test("32 bytes without white space are enough, 31 are not", arguments: [(32, true), (31, false), (4_090, true)])
  func length(count: Int, isTaken: Bool) throws {
    let path = try file(" \n" + String(repeating: "x", count: count) + " \r\n")
    #expect((refusal(path) == nil) == isTaken)
  }

  @Test("each bad file is refused with what to do")
  func refused() throws {
    let good = String(repeating: "x", count: 32)
    #expect(refusal(directory.path("none"))?.contains("make it, or correct the path") == true)
    #expect(refusal(directory.path) == "not a regular file; give the path of a file")
    #expect(refusal(try file(good, mode: 0o640)) == "others may use it (mode 0640); chmod 600 it")
    #expect(refusal(try file(good, mode: 0o604)) == "others may use it (mode 0604); chmod 600 it")
    #expect(refusal(try file(good, mode: 0o400)) == nil)
    #expect(refusal(try file("")) == "the secret has 0 bytes, 32 are the least; make one by 'openssl rand -hex 32'")
    #expect(refusal(try file(String(repeating: "x", count: 5_000)))?.contains("longer than 4096 bytes") == true)
    let pipe = directory.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(refusal(pipe) == "not a regular file; give the path of a file")
  }

  @Test("another user's file is refused", .enabled(if: geteuid() == 0, "only root can give a file away"))
  func otherOwner() throws {
    let path = try file(String(repeating: "x", count: 32))
    try #require(chown(path, 65_534, 65_534) == 0)
    #expect(refusal(path)?.contains("it belongs to user 65534, we are 0") == true)
  }

  @Test("role tokens by Bearer and by Basic prove their role, and nothing else does")
  func roles() throws {
    let admin = String(repeating: "a", count: 32)
    let reader = String(repeating: "r", count: 32)
    let tokens = try PersonTokens(
      adminFile: try file(admin + "\n", "admin"), readerFile: try file(reader + "\n", "reader"))
    func basic(_ text: String) -> String { "Basic \(Data(text.utf8).base64EncodedString())" }
    for (header, role) in [
      ("Bearer \(admin)", Role.admin), ("bearer  \(reader) ", .reader), (basic("git:\(reader)"), .reader),
      (basic(":\(admin)"), .admin), ("Bearer \(admin)x", nil), ("Bearer", nil), ("Bearer ", nil), ("", nil),
      (admin, nil),
      (basic(admin), nil), ("Basic \(admin)", nil), ("Basic ###", nil), ("Digest \(admin)", nil),
      ("Bearer " + String(repeating: "a", count: 40_000), nil),
    ] {
      #expect(tokens.role(ofAuthorization: header) == role, "\(header.prefix(60))")
    }
    #expect("\(tokens)" == "***" && Mirror(reflecting: tokens).children.isEmpty)
    #expect(Role.reader < .admin && !(Role.admin < .admin))
  }

  @Test("without files no caller has a role, and one token for both roles is refused")
  func files() throws {
    let none = try PersonTokens(adminFile: nil, readerFile: nil)
    #expect(none.role(ofAuthorization: "Bearer ") == nil)
    let same = try file(String(repeating: "a", count: 32), "same")
    #expect(throws: SecretFileError.self) { try PersonTokens(adminFile: same, readerFile: same) }
    #expect(throws: SecretFileError.self) { try PersonTokens(adminFile: directory.path("none"), readerFile: nil) }
    let only = try PersonTokens(adminFile: nil, readerFile: same)
    #expect(only.role(ofAuthorization: "Bearer " + String(repeating: "a", count: 32)) == .reader)
  }

  @Test("a nonce has one spelling, and a site's name its rule")
  func spelling() {
    let nonce = TokenNonce()
    #expect(nonce.text.count == 32 && TokenNonce(nonce.text) == nonce)
    for text in [
      "", nonce.text.uppercased() + "0", String(nonce.text.dropLast()), nonce.text + "0", "g" + nonce.text.dropFirst(),
    ] {
      #expect(TokenNonce(text) == nil)
    }
    for name in ["berlin", "eu-1.example_x", "7"] { #expect(SiteName(name)?.text == name) }
    for name in ["", "-a", ".a", "a b", "a/b", "bärlin", "a\n", String(repeating: "a", count: 64)] {
      #expect(SiteName(name) == nil)
    }
  }
}
