import ArgumentParser
import Foundation
import WorkerPool

/// What runs in a process of its own, so that its memory is its own: it prints what it measured as one JSON object.
enum Part: String, ExpressibleByArgument {
  case bigHistory = "big-history"
  case registryBuild = "registry-build"
  case registry
  case eventLog = "event-log"
  case catalogBuild = "catalog-build"
  case catalog
  case crowd

  func run(in directory: String) throws {
    let measured: [String: Double]
    switch self {
    case .bigHistory:
      try BigHistory.build(at: directory)
      measured = [:]
    case .registryBuild: measured = try Self.wait { try await RegistryPart.build(directory) }
    case .registry: measured = try Self.wait { try await RegistryPart.measure(directory) }
    case .eventLog: measured = try Self.wait { try await EventLogPart.measure(directory) }
    case .catalogBuild: measured = try CatalogPart.build(directory)
    case .catalog: measured = try Self.wait { try await CatalogPart.measure(directory) }
    case .crowd:
      try CrowdPart.read(in: directory)
      measured = [:]
    }
    print(String(decoding: try JSONEncoder().encode(measured), as: UTF8.self))
  }

  private static func wait(
    _ body: @escaping @Sendable () async throws -> [String: Double]
  ) throws -> [String: Double] {
    try Bridge.wait(until: .after(.seconds(900)), cancellation: CancellationFlag(), body)
  }

  /// This process's resident set in bytes.
  static func residentBytes() throws -> Double {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard fields.count > 1, let pages = Double(fields[1]) else { throw BenchmarkFailure("no resident set in statm") }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
  }

  static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// Returns how often `body` returned within a time, called by so many at once.
  static func rate(
    of writers: Int, for duration: Duration,
    _ body: @escaping @Sendable (_ writer: Int, _ turn: Int) async throws -> Void
  ) async throws -> Double {
    let start = ContinuousClock.now
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<writers {
        group.addTask {
          var turn = 0
          while ContinuousClock.now - start < duration {
            try await body(writer, turn)
            turn += 1
          }
          return turn
        }
      }
      return try await group.reduce(0, +)
    }
    return Double(total) / ((ContinuousClock.now - start) / .seconds(1))
  }
}
