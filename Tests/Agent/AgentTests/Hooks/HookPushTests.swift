import Agent
import Foundation
import TestSupport
import Testing

@Suite("A push to a repository with a hook")
struct HookPushTests {
  private let fixture: HookFixture

  init() throws { fixture = try HookFixture() }

  private func install(_ text: String? = nil, id: String = "a dir/r") throws {
    _ = try HookInstaller().install(try fixture.script(text, id: id), in: fixture.repository)
  }

  private func oid() throws -> String {
    try GitCommand(in: fixture.path).run("rev-parse", "main").text
  }

  @Test("is announced to the agent, with the changed refs")
  func told() async throws {
    try install(id: "it's -n $(id)")
    let old = try oid()
    let outcome = try await fixture.push()
    #expect(outcome.isSuccess)
    #expect(!outcome.errorText.contains("remote:"), "\(outcome.errorText)")
    #expect(
      try fixture.whatWasTold() == """
        event push --hook --config \(fixture.directory.path("remora.yaml")) -- repo it's -n $(id)
        \(old) \(try oid()) refs/heads/main

        """)
  }

  @Test("runs the chained hook first, with the same input, and shows what it says", arguments: [0, 3])
  func chained(status: Int) async throws {
    try fixture.program(
      "echo \"chained $GIT_DIR\"; cat > '\(fixture.directory.path("seen"))'; exit \(status)", fixture.hook)
    try install()
    let old = try oid()
    let outcome = try await fixture.push()
    #expect(outcome.isSuccess)
    #expect(outcome.errorText.contains("remote: chained ."))
    let line = "\(old) \(try oid()) refs/heads/main\n"
    #expect(try String(contentsOfFile: fixture.directory.path("seen"), encoding: .utf8) == line)
    #expect(try fixture.whatWasTold()?.hasSuffix(line) == true)
    // git itself does not look at the status of this hook; who runs it by hand sees that of the chained one.
    let byHand: ProcessOutcome = try await ChildProcess(
      fixture.hook, directory: fixture.path, input: .bytes(Array(line.utf8))
    ).outcome()
    #expect(byHand.status == Int32(status))
  }

  @Test("a chained hook that does not read its input, or cannot be run, hinders nothing")
  func deafChained() async throws {
    try fixture.program("exit 0", fixture.hook)
    try install()
    #expect(try await fixture.push().isSuccess)
    #expect(try fixture.whatWasTold() != nil)
    chmod("\(fixture.hook).remora-chained", 0o644)
    let outcome = try await fixture.push()
    #expect(outcome.isSuccess)
    #expect(!outcome.errorText.contains("remote:"), "\(outcome.errorText)")
  }

  @Test(
    "goes through whatever the agent's command does, and says so in one line",
    arguments: [
      ("echo 'no agent, no spool' >&2; echo more >&2; exit 75", "no agent, no spool"), ("exit 1", "no answer in time"),
      ("exec sleep 1000", "no answer in time"), ("kill -9 $$", "("), ("missing", "remora"),
    ])
  func fails(text: String, words: String) async throws {
    try install(text)
    if text == "missing" { try FileManager.default.removeItem(atPath: fixture.directory.path("remora")) }
    let outcome = try await fixture.push()
    #expect(outcome.isSuccess)
    let said = outcome.errorText.split(separator: "\n").filter { $0.hasPrefix("remote: ") }
    #expect(said.count == 1, "\(outcome.errorText)")
    #expect(said.first?.contains("its copies were not notified (") == true)
    #expect(said.first?.contains(words) == true, "\(said)")
  }

  @Test("of 5,000 refs is announced whole, past a chained hook")
  func many() async throws {
    try fixture.program("cat >/dev/null", fixture.hook)
    try install("wc -l > '\(fixture.told)'")
    let input = (0..<5000).map {
      "\(String(repeating: "0", count: 40)) \(String(repeating: "1", count: 40)) refs/heads/\($0)\n"
    }
    let outcome: ProcessOutcome = try await ChildProcess(
      fixture.hook, directory: fixture.path, input: .bytes(Array(input.joined().utf8))
    ).outcome()
    #expect(outcome.isSuccess)
    #expect(try fixture.whatWasTold() == "5000\n")
  }
}
