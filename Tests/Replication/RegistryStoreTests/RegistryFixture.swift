import DurableFiles
import Foundation
import RegistryStore
import Replication
import SystemPackage
import TestSupport
import WorkerPool

/// A state directory with one registry that is opened and closed.
struct RegistryFixture: Sendable {
  static let name: ReplicableName = "thing"
  static let start = Timestamp(milliseconds: 1_790_000_000_000)

  let directory: TemporaryDirectory
  let foldBytes: Int64

  init(foldBytes: Int64 = 1 << 40) throws {
    directory = try TemporaryDirectory("registry")
    self.foldBytes = foldBytes
  }

  var document: String { directory.path("state/registries/thing_registry.json") }
  var journal: String { directory.path("state/registries/thing_registry.journal.jsonl") }

  func with<Answer: Sendable>(
    files: any FileSystemPort = RealFileSystem(), _ body: (DurableRegistry) async throws -> Answer
  ) async throws -> Answer {
    let pool = WorkerPool(name: "registry", threads: 2, waitingLimit: 1_000)
    do {
      let state = try StateDirectory(FilePath(directory.path("state")), files: files)
      let registry = try await DurableRegistry.open(Self.name, in: state, pool: pool, foldBytes: foldBytes)
      let answer: Answer
      do {
        answer = try await body(registry)
      } catch {
        await registry.close()
        state.close()
        throw error
      }
      await registry.close()
      state.close()
      await pool.shutdown()
      return answer
    } catch {
      await pool.shutdown()
      throw error
    }
  }

  /// Returns every entry, in order.
  static func all(_ registry: DurableRegistry) async throws -> [RegistryEntry] {
    try await registry.window(after: nil, limit: .max)
  }
}
