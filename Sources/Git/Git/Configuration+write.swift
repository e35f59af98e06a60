internal import CLibgit2

/// Each change rewrites the file under `config.lock` and renames it: readers see the old file or the new one. libgit2
/// does not fsync it, so after a crash of the machine a change may be lost or the file be empty; sync it where that
/// matters.
extension Configuration {
  /// Gives a name one value. Where it stands several times libgit2 refuses; use `setAll`.
  ///
  /// Corresponds to `git_config_set_string`.
  package func set(_ name: String, to value: String) throws(GitError) {
    try check(git_config_set_string(handle, name, value), "git_config_set_string", on: "\(path): \(name)")
  }

  /// Corresponds to `git_config_set_bool`.
  package func set(_ name: String, to value: Bool) throws(GitError) {
    try check(git_config_set_bool(handle, name, value ? 1 : 0), "git_config_set_bool", on: "\(path): \(name)")
  }

  /// Corresponds to `git_config_set_int64`.
  package func set(_ name: String, to value: Int) throws(GitError) {
    try check(git_config_set_int64(handle, name, Int64(value)), "git_config_set_int64", on: "\(path): \(name)")
  }

  /// Gives a name exactly these values; none removes it. One rewrite for each value: not one atomic change.
  ///
  /// Corresponds to `git_config_delete_multivar` and `git_config_set_multivar`.
  package func setAll(_ name: String, to values: [String]) throws(GitError) {
    let status = git_config_delete_multivar(handle, name, ".*")
    _ = try isSet(status, "git_config_delete_multivar", name)
    for value in values {
      // A pattern that matches nothing adds a line.
      try check(
        git_config_set_multivar(handle, name, "^$.^", Self.escaped(value)), "git_config_set_multivar",
        on: "\(path): \(name)")
    }
  }

  /// `git_config_set_string` escapes what it writes, `git_config_set_multivar` of libgit2 1.5.1 does not: a quote or
  /// backslash would break the file. The escapes are those of git-config(1).
  private static func escaped(_ value: String) -> String {
    var escaped = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      case "\t": escaped += "\\t"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
