import Foundation
import TestSupport
import Testing

@Suite("remora config")
struct ConfigCommandTests {
  static let keys: Set<String> = ["file", "valid", "role", "site", "issues"]

  /// An example with its files, in a directory of its own.
  private func example(_ role: String, in directory: TemporaryDirectory) async throws -> String {
    let outcome = try await RemoraBinary.run(["config", "example", role])
    #expect(outcome.isSuccess)
    var text = outcome.text
    for name in ["admin-token", "berlin.secret"] {
      let path = try directory.write(String(repeating: "s", count: 40), to: "etc/remora/\(name)")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    for root in ["srv/git", "srv/assets"] { try directory.write("", to: "\(root)/file") }
    for prefix in ["/etc/remora", "/srv", "/var/lib"] {
      text = text.replacingOccurrences(of: prefix, with: directory.path + prefix)
    }
    return try directory.write(text + "\n", to: "remora.yaml")
  }

  @Test("the examples are good once their files are there", arguments: [("primary", "oslo"), ("secondary", "berlin")])
  func good(role: String, site: String) async throws {
    let directory = try TemporaryDirectory("config")
    let path = try await example(role, in: directory)
    let outcome = try await RemoraBinary.run(["config", "check", path])
    #expect(outcome.isSuccess && outcome.lines == ["\(path): good: \(role) '\(site)'"])
    let json = try await RemoraBinary.run(["config", "check", path, "--json"])
    let report = try JSONLine(try #require(json.lines.first))
    #expect(report.keys == Self.keys && report.text("role") == role && report.text("site") == site)
    #expect(json.text.contains(#""valid":true"#))
    withExtendedLifetime(directory) {}
  }

  @Test("the secondary's example asks where the primary's listens, and sends no token of the agent elsewhere")
  func together() async throws {
    let (primary, secondary) = (
      try await RemoraBinary.run(["config", "example", "primary"]).text,
      try await RemoraBinary.run(["config", "example", "secondary"]).text
    )
    let listens = try #require(primary.firstMatch(of: /\nlisten: [^\n]*:(\d+)\n/)).output.1
    let asks = try #require(secondary.firstMatch(of: /url: "http:\/\/[^"]*:(\d+)"/)).output.1
    #expect(listens == asks)
    let own = try #require(secondary.firstMatch(of: /\nadmin_token_file: (\S+)\n/)).output.1
    #expect(secondary.split(separator: "\n").filter { $0.contains(own) }.count == 1)
  }

  @Test("the unit writes where the agent must, bounds its memory, and leaves no core file")
  func unit() async throws {
    let lines = Set(try await RemoraBinary.run(["config", "example", "systemd"]).lines)
    for line in [
      "ProtectSystem=strict", "ReadWritePaths=-/srv", "StateDirectory=remora", "LimitCORE=0", "MemoryMax=50%",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
  }

  @Test("each error is one line with its place, the environment's among them, and the status is 1")
  func errors() async throws {
    let directory = try TemporaryDirectory("config")
    let path = try await example("primary", in: directory)
    let text = try String(contentsOfFile: path, encoding: .utf8) + "trahs: { keep: 7d }\n"
    try directory.write(text, to: "remora.yaml")
    let number = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    let environment = ["REMORA_LOG_LEVEL": "loud"]
    let outcome = try await RemoraBinary.run(["config", "check", path], environment: environment)
    #expect(outcome.status == 1)
    #expect(outcome.lines.count == 2)
    #expect(outcome.lines.first?.hasPrefix("\(path): REMORA_LOG_LEVEL: 'loud' is no level; write one of") == true)
    #expect(outcome.lines.last == "\(path):\(number):1: trahs: unknown key; did you mean 'trash'?")
    let json = try await RemoraBinary.run(["config", "check", path, "--json"], environment: environment)
    #expect(json.status == 1)
    let line = try #require(json.lines.first)
    #expect(try JSONLine(line).isNull("role") && line.contains(#""column":1,"key":"trahs","line":\#(number),"#))
    #expect(line.contains(#""column":null,"key":"REMORA_LOG_LEVEL","line":null"#))
    withExtendedLifetime(directory) {}
  }

  @Test("a missing file is one line, a wrong role is wrong usage")
  func wrong() async throws {
    let missing = try await RemoraBinary.run(["config", "check", "/nowhere/remora.yaml"])
    #expect(missing.status == 1 && missing.lines.count == 1)
    #expect(missing.text.hasPrefix("/nowhere/remora.yaml: cannot be read; "))
    let role = try await RemoraBinary.run(["config", "example", "tertiary"])
    #expect(role.status == 64)
  }
}
