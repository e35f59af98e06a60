import Agent
import Foundation
import TestSupport
import Testing

@Suite("A push to a repository with a hook")
struct HookPushTests {
  private let ground: HookGround

  init() throws { ground = try HookGround() }

  private func install(_ text: String? = nil, id: String = "a dir/r") throws {
    _ = try HookInstaller().install(try ground.script(text, id: id), in: ground.repository)
  }

  private func oid() throws -> String {
    try GitCommand(in: ground.path).run("rev-parse", "main").text
  }

  @Test("is announced to the agent, with the changed refs")
  func told() async throws {
    try install(id: "it's -n $(id)")
    let old = try oid()
    let outcome = try await ground.push()
    #expect(outcome.isSuccess)
    #expect(!outcome.errorText.contains("remote:"), "\(outcome.errorText)")
    #expect(
      try ground.whatWasTold() == """
        event push --hook --config \(ground.directory.path("remora.yaml")) -- repo it's -n $(id)
        \(old) \(try oid()) refs/heads/main

        """)
  }

  @Test("runs the chained hook first, with the same input, and shows what it says", arguments: [0, 3])
  func chained(status: Int) async throws {
    try ground.program(
      "echo \"chained $GIT_DIR\"; cat > '\(ground.directory.path("seen"))'; exit \(status)", ground.hook)
    try install()
    let old = try oid()
    let outcome = try await ground.push()
    #expect(outcome.isSuccess)
    #expect(outcome.errorText.contains("remote: chained ."))
    let line = "\(old) \(try oid()) refs/heads/main\n"
    #expect(try String(contentsOfFile: ground.directory.path("seen"), encoding: .utf8) == line)
    #expect(try ground.whatWasTold()?.hasSuffix(line) == true)
    // git itself does not look at the status of this hook; who runs it by hand sees that of the chained one.
    let byHand: ProcessOutcome = try await ChildProcess(
      ground.hook, directory: ground.path, input: .bytes(Array(line.utf8))
    ).outcome()
    #expect(byHand.status == Int32(status))
  }

  @Test("a chained hook that does not read its input, or cannot be run, hinders nothing")
  func deafChained() async throws {
    try ground.program("exit 0", ground.hook)
    try install()
    #expect(try await ground.push().isSuccess)
    #expect(try ground.whatWasTold() != nil)
    chmod("\(ground.hook).remora-chained", 0o644)
    let outcome = try await ground.push()
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
    if text == "missing" { try FileManager.default.removeItem(atPath: ground.directory.path("remora")) }
    let outcome = try await ground.push()
    #expect(outcome.isSuccess)
    let said = outcome.errorText.split(separator: "\n").filter { $0.hasPrefix("remote: ") }
    #expect(said.count == 1, "\(outcome.errorText)")
    #expect(said.first?.contains("its copies were not told (") == true)
    #expect(said.first?.contains(words) == true, "\(said)")
  }

  @Test("of 5,000 refs is announced whole, past a chained hook")
  func many() async throws {
    try ground.program("cat >/dev/null", ground.hook)
    try install("wc -l > '\(ground.told)'")
    let input = (0..<5000).map {
      "\(String(repeating: "0", count: 40)) \(String(repeating: "1", count: 40)) refs/heads/\($0)\n"
    }
    let outcome: ProcessOutcome = try await ChildProcess(
      ground.hook, directory: ground.path, input: .bytes(Array(input.joined().utf8))
    ).outcome()
    #expect(outcome.isSuccess)
    #expect(try ground.whatWasTold() == "5000\n")
  }
}
