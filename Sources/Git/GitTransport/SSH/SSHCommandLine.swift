/// The command that a host's shell is given.
enum SSHCommandLine {
  /// Serves the repository at `path`, which may hold any bytes but cannot end the quotes around it.
  static func uploadPack(_ path: String) -> String { "git-upload-pack \(quoted(path))" }

  /// One word for a POSIX shell, and for a csh, which looks for `!` between quotes too (git's `sq_quote_buf` says so).
  static func quoted(_ word: String) -> String {
    var text = "'"
    for character in word.unicodeScalars {
      switch character {
      case "'", "!": text += "'\\\(character)'"
      default: text.unicodeScalars.append(character)
      }
    }
    return text + "'"
  }
}
