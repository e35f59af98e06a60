internal import ChildProcess
internal import GitCommand
internal import Glibc
internal import SystemPackage

/// The command line and the environment of a `git upload-pack`.
struct UploadPackCommand: Sendable {
  let executable: String
  let arguments: [String]
  let environment: [String: String]

  /// Which half of the conversation it is for.
  enum Purpose {
    case advertisement
    case request
  }

  /// - Returns: `nil` when there is no git.
  init?(_ repository: ServedRepository, _ purpose: Purpose, header: ProtocolHeader, settings: GitServingSettings) {
    guard let found = ChildCommand.find(settings.gitExecutable, in: settings.environment) else { return nil }
    executable = found
    var arguments: [String] = []
    // The last rule that fits a ref wins, and those of the command line come last (git-config(1), transfer.hideRefs).
    if repository.showsHiddenRefs { arguments += ["-c", "transfer.hideRefs=!refs"] }
    for prefix in repository.hiddenRefs { arguments += ["-c", "transfer.hideRefs=\(prefix)"] }
    if repository.trustsOwner { arguments += ["-c", "safe.directory=\(Self.resolved(repository.path.string))"] }
    arguments += ["upload-pack", "--strict", "--stateless-rpc"]
    if purpose == .advertisement { arguments.append("--http-backend-info-refs") }
    self.arguments = arguments + ["--", repository.path.string]

    // Who may own a served repository is decided by the configuration, not by sudo.
    var environment = GitProgram.environment(from: settings.environment, inheritsSudo: false)
    environment["GIT_PROTOCOL"] = header.value
    self.environment = environment
  }

  /// git compares `safe.directory` with the path that it finds itself in.
  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
