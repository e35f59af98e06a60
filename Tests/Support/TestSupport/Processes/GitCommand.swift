/// The real `git`, cut off from the configuration of the user that runs the tests: the referee of every comparison.
///
/// Author, committer and dates are fixed, so what it makes has the same oids everywhere.
package struct GitCommand: Sendable {
  /// Where it runs; nil for wherever the tests run.
  package var directory: String?
  /// Added to the isolated environment; wins over it.
  package var environment: [String: String]

  package init(in directory: String? = nil, environment: [String: String] = [:]) {
    self.directory = directory
    self.environment = environment
  }

  /// Runs `git` and returns what happened, whatever that was.
  ///
  /// - Throws: `TestSupportError` when it cannot be started or takes longer than `limit`.
  package func attempt(
    _ arguments: [String], input: [UInt8] = [], within limit: Duration = .seconds(120)
  ) throws -> ProcessOutcome {
    try start(arguments, input: .bytes(input)).outcome(within: limit)
  }

  /// Runs `git` from async code; see the other form.
  package func attempt(
    _ arguments: [String], input: [UInt8] = [], within limit: Duration = .seconds(120)
  ) async throws -> ProcessOutcome {
    try await start(arguments, input: .bytes(input)).outcome(within: limit)
  }

  /// Runs `git`; anything but exit status 0 is an error that carries what git printed.
  @discardableResult
  package func run(
    _ arguments: String..., input: [UInt8] = [], within limit: Duration = .seconds(120)
  ) throws -> ProcessOutcome {
    try succeeded(arguments, try attempt(arguments, input: input, within: limit))
  }

  /// Runs `git` from async code; see the other form.
  @discardableResult
  package func run(
    _ arguments: String..., input: [UInt8] = [], within limit: Duration = .seconds(120)
  ) async throws -> ProcessOutcome {
    try succeeded(arguments, try await attempt(arguments, input: input, within: limit))
  }

  /// Starts `git` beside the test.
  package func start(_ arguments: [String], input: ChildProcess.Input = .none) throws -> ChildProcess {
    try ChildProcess("git", arguments, environment: wholeEnvironment, directory: directory, input: input)
  }

  private func succeeded(_ arguments: [String], _ outcome: ProcessOutcome) throws -> ProcessOutcome {
    guard outcome.isSuccess else {
      throw TestSupportError("git \(arguments.joined(separator: " ")): \(outcome.end), \(outcome.errorText)")
    }
    return outcome
  }

  /// What `git` gets as its environment, for scripts that run it themselves.
  package var wholeEnvironment: [String: String] {
    var whole = ChildProcess.isolatedEnvironment()
    for (role, hour) in [("AUTHOR", 0), ("COMMITTER", 1)] {
      whole["GIT_\(role)_NAME"] = "Ada Remora"
      whole["GIT_\(role)_EMAIL"] = "ada@example.org"
      whole["GIT_\(role)_DATE"] = "\(1_700_000_000 + hour * 3600) +0000"
    }
    let settings = [
      ("protocol.file.allow", "always"), ("safe.directory", "*"), ("init.defaultBranch", "main"), ("gc.auto", "0"),
      ("advice.detachedHead", "false"), ("core.quotePath", "false"),
    ]
    whole["GIT_CONFIG_COUNT"] = "\(settings.count)"
    for (index, (key, value)) in settings.enumerated() {
      whole["GIT_CONFIG_KEY_\(index)"] = key
      whole["GIT_CONFIG_VALUE_\(index)"] = value
    }
    return whole.merging(environment) { $1 }
  }
}
