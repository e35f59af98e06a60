import AgentAPI
import AgentClient
import TestSupport

/// Polling of agents that may just be starting, or have just ended.
enum Waiting {
  /// - Parameter standing: the status to report when time runs out.
  /// - Throws: what `body` threw last, or that time ran out, with `what`.
  static func until(
    _ what: String, within limit: Duration, _ body: () async throws -> Bool, standing: () async -> String
  ) async throws {
    let deadline = ContinuousClock.now + limit
    var last: (any Error)?
    while ContinuousClock.now < deadline {
      do {
        if try await body() { return }
        last = nil
      } catch {
        last = error
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    if let last { throw last }
    throw TestSupportError("in \(limit) it did not come about: \(what); \(await standing())")
  }
}

extension AgentClient {
  /// Returns the sum of the samples of a metric that begin so; 0 where there is none.
  func metric(_ name: String) async throws -> Double {
    String(decoding: try await bytes(AgentRoute.metrics).body, as: UTF8.self)
      .split(separator: "\n").filter { $0.hasPrefix(name) }
      .reduce(0) { $0 + ($1.split(separator: " ").last.flatMap { Double($0) } ?? 0) }
  }
}
