import TestSupport

/// Runs of the program `remora`, each in an environment of its own, without that of the test run.
enum RemoraBinary {
  /// Starts it beside the test.
  static func start(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
    input: ChildProcess.Input = .none
  ) throws -> ChildProcess {
    try BuiltProgram.remora(arguments, environment: environment, directory: directory, input: input)
  }

  /// Runs it to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
    input: ChildProcess.Input = .none
  ) async throws -> ProcessOutcome {
    try await start(arguments, environment: environment, directory: directory, input: input).outcome()
  }
}
