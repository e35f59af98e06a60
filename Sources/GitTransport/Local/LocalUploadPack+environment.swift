import Glibc

extension LocalUploadPack {
  /// What of our environment reaches the child: where programs and the user's configuration are. No `GIT_DIR` and the
  /// like, which would make it serve another repository, no `GIT_TRACE`, no `GIT_NAMESPACE`.
  private static let inherited: Set<String> = [
    "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "LD_LIBRARY_PATH", "GIT_EXEC_PATH",
    // Root by sudo may read what the user before sudo owns (git-config(1), safe.directory).
    "SUDO_UID",
  ]

  /// `GIT_CONFIG_GLOBAL`, `GIT_CONFIG_NOSYSTEM`, `GIT_CONFIG_COUNT` …: a choice of configuration is part of it.
  private static let inheritedPrefix = "GIT_CONFIG_"

  /// The environment of the child.
  var childEnvironment: [String: String] {
    var environment = settings.environment.filter {
      Self.inherited.contains($0.key) || $0.key.hasPrefix(Self.inheritedPrefix)
    }
    // Its words are read by program: no translations.
    environment["LC_ALL"] = "C"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    if settings.asksForVersion2 { environment["GIT_PROTOCOL"] = "version=2" }
    return environment
  }

  /// The path of a program: as given when it has a slash, else the first in `PATH` that may be run. `nil` when there
  /// is none.
  static func findExecutable(_ name: String, in environment: [String: String]) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    for directory in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    where directory.hasPrefix("/") {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }
}
