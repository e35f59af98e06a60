internal import DurableFiles
internal import Replication
internal import StateFiles
package import WorkerPool

/// Changed feature flags in `<state>/features.json`: `{"features":{"geo_widget_replication":false},"format":1}`.
///
/// Each change replaces the file durably; a crash leaves the old one or the new one.
package actor FeatureFile: FeatureStoring {
  private struct Stored: Codable {
    var features: [String: Bool] = [:]
    var format = 1
  }

  private let file: StateFile<Stored>
  private let pool: WorkerPool
  private var stored: Stored

  /// - Throws: `RegistryStoreError`: `damaged`, `newerFormat`, `fileSystem`.
  package static func open(_ directory: StateDirectory, pool: WorkerPool) async throws -> FeatureFile {
    let file = StateFile<Stored>(
      directory.features, format: .json(layout: .escapedSlashes), permissions: TableFiles.permissions,
      through: directory.files)
    let stored = try await pool.run { _ in try Self.read(file) }
    return FeatureFile(file, pool, stored)
  }

  private init(_ file: StateFile<Stored>, _ pool: WorkerPool, _ stored: Stored) {
    self.file = file
    self.pool = pool
    self.stored = stored
  }

  private static func read(_ file: StateFile<Stored>) throws -> Stored {
    do {
      return try file.read() ?? Stored()
    } catch StateFileError.newerFormat(let format) {
      throw RegistryStoreError(
        .newerFormat, "read '\(file.path)': its format is \(format), this version knows 1; start the one that wrote it")
    } catch StateFileError.damaged(let reason) {
      throw RegistryStoreError(
        .damaged, "read '\(file.path)': \(reason); mend it, or remove it to have all defaults")
    } catch let error as FileError {
      throw RegistryStoreError(.fileSystem, "read '\(file.path)': \(error)")
    }
  }

  package func setting(of feature: String) -> Bool? { stored.features[feature] }

  package func set(_ feature: String, to value: Bool?) async throws {
    let before = stored.features[feature]
    var changed = stored
    changed.features[feature] = value
    let (file, next) = (file, changed)
    // Set first: of two concurrent changes the second must include the first.
    stored = changed
    do {
      try await pool.run { _ in try file.write(next) }
    } catch {
      // A setting that is not durable is reverted, unless another change was made since.
      if stored.features[feature] == value { stored.features[feature] = before }
      throw error
    }
  }
}
