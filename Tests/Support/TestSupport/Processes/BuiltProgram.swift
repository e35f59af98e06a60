import Foundation

/// Executables of this package, as the build left them beside the running tests or benchmark.
package enum BuiltProgram {
  /// Returns the path of a product, such as `remora`.
  ///
  /// - Throws: `TestSupportError` when it was not built: `swift build` makes it, and so does `swift test`.
  package static func path(_ name: String) throws -> String {
    let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = (running as NSString).deletingLastPathComponent + "/\(name)"
    guard access(path, X_OK) == 0 else { throw TestSupportError("no \(name) at \(path): run swift build first") }
    return path
  }

  /// Starts `remora` in an isolated environment; `environment` is added to it and wins.
  package static func remora(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
    input: ChildProcess.Input = .none
  ) throws -> ChildProcess {
    try ChildProcess(
      path("remora"), arguments,
      environment: ChildProcess.isolatedEnvironment().merging(environment) { $1 }, directory: directory, input: input)
  }
}
