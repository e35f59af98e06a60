internal import CLibgit2
internal import GitValues

/// One configuration file of a repository. Files that it includes are read along; the user's and the system's are not.
///
/// Names are `section.key` or `section.sub section.key`; section and key in any case. Use from one thread at a time.
package final class Configuration {
  /// One line: a name in libgit2's form (section and key lower case) and its value.
  package struct Entry: Hashable, Sendable {
    package let name: String
    /// `nil` for a name that stands alone, which git reads as true.
    package let value: String?

    /// The value as git reads a truth value; `nil` when it is none.
    package var boolean: Bool? {
      guard let value else { return true }
      var result: Int32 = 0
      guard git_config_parse_bool(&result, value) == 0 else {
        git_error_clear()
        return nil
      }
      return result != 0
    }
  }

  let handle: OpaquePointer
  let path: String

  /// Opens a file; one that does not exist has no entries, and comes to be with the first `set`.
  ///
  /// Corresponds to `git_config_open_ondisk`.
  package init(path: String) throws(GitError) {
    try Library.start()
    var opened: OpaquePointer?
    try check(PathText.withCString(path) { git_config_open_ondisk(&opened, $0) }, "git_config_open_ondisk", on: path)
    handle = try required(opened, "git_config_open_ondisk", on: path)
    self.path = path
  }

  deinit { git_config_free(handle) }

  /// The value of a name, the last one where it stands several times; `nil` when it is not set.
  ///
  /// A name without value reads as an empty text. Corresponds to `git_config_get_entry`.
  package func string(_ name: String) throws(GitError) -> String? {
    var entry: UnsafeMutablePointer<git_config_entry>?
    let status = git_config_get_entry(&entry, handle, name)
    guard try isSet(status, "git_config_get_entry", name) else { return nil }
    defer { git_config_entry_free(entry) }
    return entry?.pointee.value.map { String(cString: $0) } ?? ""
  }

  /// A truth value as git reads it: `true`, `yes`, `on`, a number, or a name without value.
  ///
  /// Corresponds to `git_config_get_bool`.
  /// - Throws: when the value is none.
  package func bool(_ name: String) throws(GitError) -> Bool? {
    var value: Int32 = 0
    guard try isSet(git_config_get_bool(&value, handle, name), "git_config_get_bool", name) else { return nil }
    return value != 0
  }

  /// A number, with git's `k`, `m` and `g` behind it where it has one.
  ///
  /// Corresponds to `git_config_get_int64`.
  /// - Throws: when the value is none.
  package func integer(_ name: String) throws(GitError) -> Int? {
    var value: Int64 = 0
    guard try isSet(git_config_get_int64(&value, handle, name), "git_config_get_int64", name) else { return nil }
    return Int(value)
  }

  func isSet(_ status: Int32, _ call: StaticString, _ name: String) throws(GitError) -> Bool {
    guard status < 0 else { return true }
    let error = GitError.last(status, call, on: "\(path): \(name)")
    if error.code == .notFound { return false }
    throw error
  }

  /// Every entry whose name begins so, in the file's order; all of them without a prefix.
  ///
  /// Corresponds to `git_config_iterator_new`.
  /// - Parameter prefix: in libgit2's form: section in lower case.
  package func entries(below prefix: String = "") throws(GitError) -> [Entry] {
    var iterator: OpaquePointer?
    try check(git_config_iterator_new(&iterator, handle), "git_config_iterator_new", on: path)
    defer { git_config_iterator_free(iterator) }
    return try collect(iterator).filter { $0.name.hasPrefix(prefix) }
  }

  /// All values of a name, in the file's order; empty when it is not set. A name without value reads as empty text.
  ///
  /// Corresponds to `git_config_multivar_iterator_new`.
  package func strings(_ name: String) throws(GitError) -> [String] {
    var iterator: OpaquePointer?
    let status = git_config_multivar_iterator_new(&iterator, handle, name, nil)
    guard try isSet(status, "git_config_multivar_iterator_new", name) else { return [] }
    defer { git_config_iterator_free(iterator) }
    return try collect(iterator).map { $0.value ?? "" }
  }

  private func collect(_ iterator: OpaquePointer?) throws(GitError) -> [Entry] {
    var entries: [Entry] = []
    while true {
      // Borrowed from the iterator until its next step.
      var entry: UnsafeMutablePointer<git_config_entry>?
      let status = git_config_next(&entry, iterator)
      if status == GIT_ITEROVER.rawValue {
        git_error_clear()
        return entries
      }
      try check(status, "git_config_next", on: path)
      guard let entry, let name = entry.pointee.name else { continue }
      entries.append(
        Entry(name: String(cString: name), value: entry.pointee.value.map { String(cString: $0) }))
    }
  }
}

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
