import TestSupport
import Testing

@Suite("Help, version, completion")
struct HelpTests {
  static let texts: [(arguments: [String], text: String)] = [
    ([], HelpTexts.root), (["mirror"], HelpTexts.mirror), (["verify"], HelpTexts.verify),
    (["checksum"], HelpTexts.checksum), (["history"], HelpTexts.history), (["housekeep"], HelpTexts.housekeep),
    (["restore"], HelpTexts.restore), (["check"], HelpTexts.check), (["forget"], HelpTexts.forget),
    (["hook"], HookHelpTexts.hook), (["hook", "install"], HookHelpTexts.install),
    (["hook", "uninstall"], HookHelpTexts.uninstall), (["hook", "status"], HookHelpTexts.status),
    (["quickstart"], AgentHelpTexts.quickstart),
    (["agent"], AgentHelpTexts.agent),
    (["status"], AgentHelpTexts.status),
    (["registry"], AgentHelpTexts.registry),
    (["registry", "list"], AgentHelpTexts.registryList),
    (["registry", "show"], AgentHelpTexts.registryShow),
    (["registry", "resync"], AgentHelpTexts.registryResync),
    (["registry", "reverify"], AgentHelpTexts.registryReverify),
    (["registry", "recheck"], AgentHelpTexts.registryRecheck),
    (["registry", "confirm-removals"], AgentHelpTexts.registryConfirmRemovals),
    (["explain"], AgentHelpTexts.explain),
    (["events"], AgentHelpTexts.events),
    (["event"], AgentHelpTexts.event),
    (["trash"], AgentHelpTexts.trash),
    (["trash", "list"], AgentHelpTexts.trashList),
    (["trash", "restore"], AgentHelpTexts.trashRestore),
    (["trash", "empty"], AgentHelpTexts.trashEmpty),
    (["promote"], AgentHelpTexts.promote),
    (["epoch"], AgentHelpTexts.epoch),
    (["epoch", "show"], AgentHelpTexts.epochShow),
    (["epoch", "set"], AgentHelpTexts.epochSet),
    (["feature"], AgentHelpTexts.feature),
    (["feature", "list"], AgentHelpTexts.featureList),
    (["feature", "enable"], AgentHelpTexts.featureEnable),
    (["feature", "disable"], AgentHelpTexts.featureDisable),
    (["token"], TokenHelpTexts.token), (["token", "new"], TokenHelpTexts.new),
    (["token", "list"], TokenHelpTexts.list), (["token", "revoke"], TokenHelpTexts.revoke),
    (["config"], HelpTexts.config), (["config", "check"], HelpTexts.configCheck),
    (["config", "example"], HelpTexts.configExample),
  ]

  @Test("the whole help of each command", arguments: texts)
  func help(arguments: [String], text: String) async throws {
    let outcome = try await RemoraBinary.run(arguments + ["--help"])
    #expect(outcome.isSuccess)
    #expect(Self.trimmed(outcome.text) == Self.trimmed(text))
    #expect(outcome.text.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE") })
  }

  /// Removes empty lines at the end.
  private static func trimmed(_ text: String) -> Substring {
    var text = text[...]
    while text.last == "\n" { text.removeLast() }
    return text
  }

  @Test("without arguments the program shows its help")
  func noArguments() async throws {
    let outcome = try await RemoraBinary.run([])
    #expect(outcome.isSuccess)
    #expect(Self.trimmed(outcome.text) == Self.trimmed(HelpTexts.root))
  }

  @Test("--version prints a version and nothing else")
  func version() async throws {
    let outcome = try await RemoraBinary.run(["--version"])
    #expect(outcome.isSuccess)
    #expect(outcome.text.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
  }

  @Test(
    "a completion script is made for each shell, and bash and zsh know its commands",
    arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) async throws {
    let outcome = try await RemoraBinary.run(["--generate-completion-script", shell])
    #expect(outcome.isSuccess)
    for word in ["mirror", "verify", "checksum", "history", "exclude-ref", "grokmirror"] {
      #expect(outcome.text.contains(word), "\(word)")
    }
    guard shell == "bash" else { return }
    let parsed: ProcessOutcome = try await ChildProcess("bash", ["-n"], input: .bytes(outcome.output)).outcome()
    #expect(parsed.isSuccess, "\(parsed.errorText)")
  }
}
