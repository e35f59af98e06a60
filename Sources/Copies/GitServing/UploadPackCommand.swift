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
    guard let found = Self.findExecutable(settings.gitExecutable, in: settings.environment) else { return nil }
    executable = found
    var arguments: [String] = []
    // The last rule that fits a ref wins, and those of the command line come last (git-config(1), transfer.hideRefs).
    if repository.showsHiddenRefs { arguments += ["-c", "transfer.hideRefs=!refs"] }
    for prefix in repository.hiddenRefs { arguments += ["-c", "transfer.hideRefs=\(prefix)"] }
    if repository.trustsOwner { arguments += ["-c", "safe.directory=\(Self.resolved(repository.path.string))"] }
    arguments += ["upload-pack", "--strict", "--stateless-rpc"]
    if purpose == .advertisement { arguments.append("--http-backend-info-refs") }
    self.arguments = arguments + ["--", repository.path.string]

    var environment = settings.environment.filter {
      Self.inherited.contains($0.key) || $0.key.hasPrefix(Self.inheritedPrefix)
    }
    // Its words go into our log: no translations.
    environment["LC_ALL"] = "C"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    environment["GIT_PROTOCOL"] = header.value
    self.environment = environment
  }

  /// What of our environment reaches the child: where programs and the user's configuration are. No `GIT_DIR` and the
  /// like, which would make it serve another repository, no `GIT_TRACE`, no `GIT_NAMESPACE`.
  private static let inherited: Set<String> = [
    "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "LD_LIBRARY_PATH", "GIT_EXEC_PATH",
  ]

  /// `GIT_CONFIG_GLOBAL`, `GIT_CONFIG_NOSYSTEM`, `GIT_CONFIG_COUNT` …: a choice of configuration is part of it.
  private static let inheritedPrefix = "GIT_CONFIG_"

  /// git compares `safe.directory` with the path that it finds itself in.
  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func findExecutable(_ name: String, in environment: [String: String]) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    for directory in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    where directory.hasPrefix("/") {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }
}
