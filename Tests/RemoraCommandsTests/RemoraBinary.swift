import Foundation
import TestSupport

/// The program `remora` as it was built, beside the program that runs the tests.
enum RemoraBinary {
  static let path: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""  // Linux has it
    return (tests as NSString).deletingLastPathComponent + "/remora"
  }()

  /// Starts it with an environment of its own: none of the person's who runs the tests.
  static func start(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
    input: ChildProcess.Input = .none
  ) throws -> ChildProcess {
    try ChildProcess(
      path, arguments, environment: ChildProcess.isolatedEnvironment().merging(environment) { $1 },
      directory: directory, input: input)
  }

  /// Runs it to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
    input: ChildProcess.Input = .none
  ) async throws -> ProcessOutcome {
    try await start(arguments, environment: environment, directory: directory, input: input).outcome()
  }
}
