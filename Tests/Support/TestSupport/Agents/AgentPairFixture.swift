import Foundation

/// A primary and a secondary as processes of their own, with their directories and configurations: `sources` and `assets` are
/// what the host holds, `copies` and `copied-assets` what the secondary makes of it.
package final class AgentPairFixture: Sendable {
  /// Settings beside those that every pair needs; YAML lines without indentation.
  package struct Settings: Sendable {
    /// At the primary.
    package var primary = ""
    /// At the secondary.
    package var secondary = ""
    /// The primary's settings of the kind of repositories, beside its root; one line.
    package var primaryKind = ""
    /// The same at the secondary.
    package var secondaryKind = ""
    /// The environment of the primary, beside an empty one.
    package var primaryEnvironment: [String: String] = [:]
    /// The environment of the secondary, beside an empty one.
    package var secondaryEnvironment: [String: String] = [:]
    /// The program and arguments that run an agent, in front of its own: `ip netns exec …`.
    package var primaryRunner: [String] = []
    /// The same of the secondary.
    package var secondaryRunner: [String] = []
    /// From where the secondary fetches repositories instead of the primary.
    package var cloneURL: String?
    /// The primary's root of repositories; `nil` is one of the rig's own.
    package var sources: String?
    /// Where the primary listens.
    package var address = "127.0.0.1"

    /// What every pair needs, and no more. Passes come every second, so that tests need not wait.
    package init() {
      primary = "scan: { interval: 2s }"
      secondary = "consistency: { interval: 1s }"
    }
  }

  package let directory: TemporaryDirectory
  package let settings: Settings
  /// The primary's port.
  package let port: UInt16
  /// The secondary's port.
  package let secondaryPort: UInt16

  /// Makes directories, secrets and configurations; starts nothing.
  package init(_ directory: TemporaryDirectory, settings: Settings = Settings()) throws {
    self.directory = directory
    self.settings = settings
    let ports = (try ClosedPort(), try ClosedPort())
    (port, secondaryPort) = (ports.0.port, ports.1.port)
    for name in ["sources", "copies", "assets", "copied-assets"] {
      try FileManager.default.createDirectory(atPath: directory.path(name), withIntermediateDirectories: true)
    }
    for (name, bytes) in [("site", "5"), ("admin", "a"), ("reader", "7")] {
      let path = try directory.write(String(repeating: bytes, count: 64) + "\n", to: "\(name).secret")
      guard chmod(path, 0o600) == 0 else { throw TestSupportError.systemCall("chmod", on: path, number: errno) }
    }
    try configure()
  }

  /// Returns the text of a secret: `site`, `admin` or `reader`.
  package func secret(_ name: String) throws -> String {
    try String(contentsOfFile: directory.path("\(name).secret"), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Writes both configurations: again after a test has changed one.
  ///
  /// - Parameters:
  ///   - primary: what the primary's says from now on beside what every one needs.
  ///   - primaryKind: what its kind of repositories says from now on beside its root; one line.
  package func configure(primary: String? = nil, primaryKind: String? = nil) throws {
    let kinds = { (repositories: String, assets: String, more: String) in
      """
      replicables:
        project_repository:
          strategy: repository
          root: "\(repositories)"
          \(more)
        release_asset: { strategy: blob, root: "\(self.directory.path(assets))", mutable: true }
      """
    }
    try directory.write(
      """
      site: { name: main, role: primary }
      state: "\(primaryState)"
      listen: \(settings.address):\(port)
      \(settings.address == "127.0.0.1" ? "" : "insecure: true")
      admin_token_file: "\(directory.path("admin.secret"))"
      reader_token_file: "\(directory.path("reader.secret"))"
      secondaries: [ { name: berlin, secret_file: "\(directory.path("site.secret"))" } ]
      \(kinds(settings.sources ?? directory.path("sources"), "assets", primaryKind ?? settings.primaryKind))
      \(primary ?? settings.primary)

      """, to: "primary.yaml")
    try directory.write(
      """
      site: { name: berlin, role: secondary }
      state: "\(secondaryState)"
      listen: 127.0.0.1:\(secondaryPort)
      primary: { url: "http://\(settings.address):\(port)", secret_file: "\(directory.path("site.secret"))" }
      \(kinds(directory.path("copies"), "copied-assets", settings.cloneURL.map { "clone_url: \"\($0)\"" } ?? settings.secondaryKind))
      \(settings.secondary)

      """, to: "secondary.yaml")
  }

  package var primaryConfiguration: String { directory.path("primary.yaml") }
  package var secondaryConfiguration: String { directory.path("secondary.yaml") }
  package var primaryState: String { directory.path("primary") }
  package var secondaryState: String { directory.path("secondary") }

  /// Returns the host's repository of that id, to be made or changed.
  package func source(_ id: String) -> String { "\(settings.sources ?? directory.path("sources"))/\(id).git" }
  /// Returns the secondary's copy of it.
  package func copy(_ id: String) -> String { directory.path("copies/\(id).git") }

  /// Starts the primary and waits until its listeners are open.
  package func startPrimary() throws -> ChildProcess {
    try start(primaryConfiguration, settings.primaryRunner, settings.primaryEnvironment)
  }

  /// Starts the secondary and waits until its listeners are open.
  package func startSecondary() throws -> ChildProcess {
    try start(secondaryConfiguration, settings.secondaryRunner, settings.secondaryEnvironment)
  }

  private func start(
    _ configuration: String, _ runner: [String], _ environment: [String: String]
  ) throws -> ChildProcess {
    let command = runner + [try BuiltProgram.path("remora"), "agent", "--config", configuration]
    let agent = try ChildProcess(
      command[0], Array(command.dropFirst()),
      environment: ChildProcess.isolatedEnvironment().merging(environment) { $1 })
    guard agent.waitUntil(printed: "and listens on") else {
      agent.kill()
      throw TestSupportError("the agent of \(configuration) did not start: \(try agent.outcome().errorText)")
    }
    return agent
  }

  /// Runs `remora` against the agent of a configuration, to its end.
  package func remora(_ arguments: [String], at configuration: String) async throws -> ProcessOutcome {
    try await BuiltProgram.remora(arguments, environment: ["REMORA_CONFIG": configuration]).outcome()
  }

  /// Announces a push to the primary, as a hook does.
  package func push(_ id: String) async throws {
    let outcome = try await remora(["event", "push", "project_repository", id], at: primaryConfiguration)
    guard outcome.isSuccess else { throw TestSupportError("event push \(id): \(outcome.errorText)") }
  }
}
