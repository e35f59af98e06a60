import Foundation
import SiteTokens
import TestSupport

@testable import Agent

/// A directory with what the example configurations name.
final class ConfigurationFixture: Sendable {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory("configuration")
    for name in ["admin-token", "reader-token", "berlin.secret", "rome.secret", "git.example.org.token"] {
      try directory.write("", to: "etc/remora/empty")
      _ = try SiteSecret.generate(at: directory.path("etc/remora/\(name)"))
    }
    // As a host's directories are: its users may pass through.
    guard chmod(directory.path, 0o755) == 0 else { throw TestSupportError("chmod '\(directory.path)'") }
    for root in ["srv/git/deep", "srv/assets", "srv/wikis"] { try directory.write("", to: "\(root)/file") }
  }

  /// Returns the text with its absolute paths in this directory.
  func here(_ text: String) -> String {
    ["/etc/remora", "/srv", "/var/lib"].reduce(text) { $0.replacingOccurrences(of: $1, with: directory.path + $1) }
  }

  func read(_ text: String, environment: [String: String] = [:]) throws -> AgentConfiguration {
    try AgentConfiguration.read(Array(here(text).utf8), file: "remora.yaml", environment: environment)
  }

  /// Returns what is wrong, a line each, with this directory's name taken out again.
  func complaints(_ text: String, environment: [String: String] = [:]) -> [String] {
    do {
      _ = try read(text, environment: environment)
      return []
    } catch {
      return "\(error)".replacingOccurrences(of: directory.path, with: "").split(separator: "\n").map(String.init)
    }
  }

  /// As short as a primary's configuration can be.
  static let primary = """
    site: { name: oslo, role: primary }
    state: /var/lib/remora
    replicables:
      project_repository: { strategy: repository, root: /srv/git }

    """

  /// And a secondary's.
  static let secondary = """
    site: { name: berlin, role: secondary }
    state: /var/lib/remora
    primary: { url: "https://git.example.org:7170", secret_file: /etc/remora/berlin.secret }
    replicables:
      project_repository: { strategy: repository, root: /srv/git }

    """
}
