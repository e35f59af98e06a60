import ChildProcess
import Git
import Glibc

/// The program that git would run to reach a host over SSH: `GIT_SSH_COMMAND`, `core.sshCommand`, `GIT_SSH`, or `ssh`, the first that is
/// set (git(1)).
struct SSHProgram: Sendable {
  /// Which options it understands.
  enum Variant: Sendable {
    case openSSH
    /// Only `HOST COMMAND`.
    case simple
  }

  /// The path of the program, with a slash.
  let path: String
  /// What stands before the options.
  let arguments: [String]
  let variant: Variant
  /// True when it was configured, so that no other may take its place.
  let isNamed: Bool

  /// `nil` when none is installed.
  ///
  /// - Throws: `GitError` for a configuration file that cannot be read.
  init?(environment: [String: String]) throws {
    let named = try environment["GIT_SSH_COMMAND"] ?? Self.configured("core.sshCommand", environment)
    let variant = try environment["GIT_SSH_VARIANT"] ?? Self.configured("ssh.variant", environment)
    if let named, !named.isEmpty {
      // As git runs it: by a shell, with the options behind it.
      path = "/bin/sh"
      arguments = ["-c", "\(named) \"$@\"", named]
      self.variant = Self.variant(of: named.split(separator: " ").first.map(String.init) ?? named, variant)
      isNamed = true
      return
    }
    let name = environment["GIT_SSH"] ?? "ssh"
    guard let path = ChildCommand.find(name, in: environment) else { return nil }
    self.path = path
    arguments = []
    self.variant = Self.variant(of: path, variant)
    isNamed = environment["GIT_SSH"] != nil
  }

  private static func variant(of program: String, _ named: String?) -> Variant {
    if let named, named != "auto" { return named == "ssh" ? .openSSH : .simple }
    return program.split(separator: "/").last == "ssh" ? .openSSH : .simple
  }

  /// The last file that says something wins, as in git.
  private static func configured(_ name: String, _ environment: [String: String]) throws -> String? {
    var files: [String] = []
    if let global = environment["GIT_CONFIG_GLOBAL"] {
      files = [global]
    } else if let home = environment["HOME"] {
      files = ["\(home)/.gitconfig", "\(environment["XDG_CONFIG_HOME"] ?? "\(home)/.config")/git/config"]
    }
    if environment["GIT_CONFIG_NOSYSTEM"] == nil { files.append(environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig") }
    for file in files where access(file, R_OK) == 0 {
      if let value = try Configuration(path: file).string(name) { return value }
    }
    return nil
  }
}
