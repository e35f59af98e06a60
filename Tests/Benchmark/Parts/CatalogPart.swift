import Foundation
import GitTransport
import Mirroring
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import WorkerPool

/// A directory of 100,000 bare repositories: its catalog, with the rest of the system as warm as it happens to be, and again.
enum CatalogPart {
  private static let count = 100_000

  static func build(_ path: String) throws -> [String: Double] {
    let files = FileManager.default
    try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    for number in 0..<count {
      let repository = "\(path)/group-\(number % 1_000)/project-\(number).git"
      for directory in ["objects/pack", "refs/heads"] {
        try files.createDirectory(atPath: "\(repository)/\(directory)", withIntermediateDirectories: true)
      }
      for (name, text) in [
        ("HEAD", "ref: refs/heads/main\n"), ("config", "[core]\n\tbare = true\n\trepositoryformatversion = 0\n"),
        ("packed-refs", "# pack-refs with: peeled fully-peeled sorted \n"),
      ] {
        guard files.createFile(atPath: "\(repository)/\(name)", contents: Data(text.utf8)) else {
          throw BenchmarkFailure("'\(repository)/\(name)' could not be made")
        }
      }
    }
    return [:]
  }

  static func measure(_ path: String) async throws -> [String: Double] {
    let workers = WorkerPool(name: "benchmark", threads: 4, waitingLimit: 100)
    let transports = Transports(configuration: TransportConfiguration(environment: [:]))
    let strategy = RepositoryStrategy(
      place: RepositoryPlace(root: FilePath(path)), environment: MirrorEnvironment(transports: transports),
      workers: workers)
    let before = try Part.residentBytes()
    var catalogs: [Int] = []
    var measured: [String: Double] = [:]
    for name in ["first", "second"] {
      measured[name] = try await Part.seconds {
        let catalog = try await strategy.catalog()
        catalogs.append(catalog.rows.count)
        if name == "first" {
          measured["resident-of-row"] = try (Part.residentBytes() - before) / Double(catalog.rows.count)
        }
      }
    }
    guard catalogs == [count, count] else { throw BenchmarkFailure("\(catalogs) repositories were found") }
    await workers.shutdown()
    await transports.shutdown()
    return measured
  }
}
