import Agent
import TestSupport
import Testing

@Suite("The text of a hook")
struct HookScriptTests {
  static let values = ["plain", "with space", "it's", "''", "$HOME `id` \"x\" \\", "-n", "ä/b", ""]

  @Test("holds any value, is a script for sh, and can be read back", arguments: values)
  func roundTrip(value: String) async throws {
    let script = try #require(
      HookScript(program: "/bin/\(value)", configuration: "/etc/\(value)", name: value, id: value))
    #expect(HookScript(parsing: Array(script.text.utf8)) == script)
    #expect(HookScript.isOurs(Array(script.text.utf8)))
    let shell: ProcessOutcome = try await ChildProcess(
      "sh", ["-c", script.text.split(separator: "chained=")[0] + "printf '%s\\n' \"$program\" \"$id\""]
    ).outcome()
    #expect(shell.text == "/bin/\(value)\n\(value)")
    let syntax: ProcessOutcome = try await ChildProcess("sh", ["-n"], input: .bytes(Array(script.text.utf8))).outcome()
    #expect(syntax.isSuccess)
  }

  @Test("is not ours any more when a byte is another")
  func changed() throws {
    let script = try #require(HookScript(program: "/p", configuration: "/c", name: "n", id: "i"))
    for text in [
      script.text + "\n", script.text.replacing("exit", with: "exit 1 #"), script.text.replacing("'i'", with: "i"),
    ] {
      #expect(HookScript(parsing: Array(text.utf8)) == nil)
      #expect(HookScript.isOurs(Array(text.utf8)))
    }
    #expect(!HookScript.isOurs(Array("#!/bin/sh\nexec remora event push\n".utf8)))
    #expect(HookScript(parsing: []) == nil)
  }

  @Test("cannot hold a line end") func unusable() {
    #expect(HookScript(program: "/p", configuration: "/c", name: "n", id: "i\nrm -rf /") == nil)
    #expect(HookScript(program: "/p\0", configuration: "/c", name: "n", id: "i") == nil)
  }
}
