import Foundation
import TestSupport
import Testing

@Suite("remora hook")
struct HookCommandTests {
  static let keys: Set<String> = ["repository", "status", "name", "id", "problems", "error"]

  @Test("installs, reports its status, and removes, one repository by hand")
  func byHand() async throws {
    try await withCommandFixture { bench in
      try bench.directory.write("", to: "remora.yaml")
      let agent = ["--config", "remora.yaml", "--name", "repo", "--id", "group/source"]
      func hook(_ verb: String, _ options: [String]) async throws -> (status: Int32, line: JSONLine) {
        let outcome = try await RemoraBinary.run(
          ["hook", verb, bench.source.path, "--json"] + options, directory: bench.directory.path)
        let line = try JSONLine(outcome.text)
        #expect(line.keys == Self.keys)
        #expect(line.text("repository") == bench.source.path)
        return (outcome.status, line)
      }
      let missing = try await hook("status", agent)
      #expect(missing.status == 1 && missing.line.text("status") == "missing")
      let first = try await hook("install", agent)
      #expect(first.status == 0 && first.line.text("status") == "installed")
      #expect(first.line.text("name") == "repo" && first.line.text("id") == "group/source")
      #expect(try await hook("install", agent).line.text("status") == "unchanged")
      let found = try await hook("status", agent)
      #expect(found.status == 0 && found.line.text("status") == "installed")
      let script = try String(contentsOfFile: "\(bench.source.path)/hooks/post-receive", encoding: .utf8)
      #expect(script.contains("program='\(try BuiltProgram.path("remora"))'"))
      #expect(script.contains("config='\(bench.directory.path("remora.yaml"))'"))
      #expect(try await hook("uninstall", []).line.text("status") == "removed")
      #expect(try await hook("uninstall", []).line.text("status") == "not_installed")
    }
  }

  @Test("goes on past what is no repository, and its status says how many went well")
  func several() async throws {
    try await withCommandFixture { bench in
      // Not /nonexistent: that is what Debian calls the home of users without one, and a service may make it.
      let nowhere = bench.directory.path("nowhere")
      let outcome = try await bench.remora("hook", "uninstall", bench.source.path, nowhere, "--json")
      #expect(outcome.status == 2)
      let lines = try outcome.lines.map { try JSONLine($0) }
      #expect(lines.map { $0.text("status") } == ["not_installed", "failed"])
      #expect(lines[1]["error"].text("code") == "not_a_repository")
      let all = try await bench.remora("hook", "uninstall", "--global", bench.root)
      #expect(all.isSuccess && all.text == "not_installed \(bench.source.path)")
      let none = try await bench.remora("hook", "uninstall", "--global", nowhere)
      #expect(none.status == 1 && none.errorText.contains("cannot list"), "\(none.errorText)")
    }
  }
}
