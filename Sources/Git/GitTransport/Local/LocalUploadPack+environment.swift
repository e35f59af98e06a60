import Glibc

extension LocalUploadPack {
  /// The environment of the child.
  var childEnvironment: [String: String] {
    var environment = GitProgram.environment(from: settings.environment)
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
