internal import Agent
internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import SystemPackage

/// Which agent a hook notifies, and of what.
struct HookAgentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The agent's configuration (else REMORA_CONFIG, else /etc/remora/remora.yaml).", valueName: "file"),
    completion: .file())
  var config: String?

  @Option(help: ArgumentHelp("The kind of one repository, by hand.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("The id of one repository, by hand.", valueName: "id"))
  var id: String?

  /// Called by the commands, which have the selection.
  func validateArguments(for selection: HookSelection) throws {
    guard (name == nil) == (id == nil) else { throw ValidationError("--name and --id go together") }
    guard name == nil || !selection.mayBeSeveral else {
      throw ValidationError("--name and --id are for one repository")
    }
  }

  /// Where kind and id of a repository come from.
  func directory() throws -> HookDirectory {
    let given = config ?? ProcessInfo.processInfo.environment["REMORA_CONFIG"] ?? "/etc/remora/remora.yaml"
    let file = try LocalPath.absolute(given)
    if let name, let id {
      return HookDirectory(configuration: file, program: try Self.program(), spool: nil) { _ in (name, id) }
    }
    return try HookDirectory.reading(file, program: Self.program())
  }

  /// This program, which a hook runs.
  private static func program() throws -> String {
    guard let path = realpath("/proc/self/exe", nil) else {
      throw ValidationError("cannot tell where this program lies: is /proc mounted?")
    }
    defer { free(path) }
    return String(cString: path)
  }
}
