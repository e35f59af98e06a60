internal import DurableFiles
internal import Foundation
internal import Replication
internal import SystemPackage
package import WorkerPool

/// Changed feature flags in `<state>/features.json`: `{"features":{"geo_widget_replication":false},"format":1}`.
///
/// Each change replaces the file durably; a crash leaves the old one or the new one.
package actor FeatureFile: FeatureStoring {
  private struct Stored: Codable {
    var features: [String: Bool] = [:]
    var format = 1
  }

  private let directory: StateDirectory
  private let pool: WorkerPool
  private var stored: Stored

  /// - Throws: `RegistryStoreError`: `damaged`, `newerFormat`, `fileSystem`.
  package static func open(_ directory: StateDirectory, pool: WorkerPool) async throws -> FeatureFile {
    let stored = try await pool.run { _ in try Self.read(directory) }
    return FeatureFile(directory, pool, stored)
  }

  private init(_ directory: StateDirectory, _ pool: WorkerPool, _ stored: Stored) {
    self.directory = directory
    self.pool = pool
    self.stored = stored
  }

  private static func read(_ directory: StateDirectory) throws -> Stored {
    let path = directory.features
    do {
      guard let bytes = try directory.files.contents(of: path, limit: 1 << 20) else { return Stored() }
      let stored = try JSONDecoder().decode(Stored.self, from: Data(bytes))
      guard stored.format == 1 else {
        throw RegistryStoreError(
          .newerFormat,
          "read '\(path)': its format is \(stored.format), this version knows 1; start the one that wrote it")
      }
      return stored
    } catch let error as DecodingError {
      throw RegistryStoreError(.damaged, "read '\(path)': \(error); mend it, or remove it to have all defaults")
    } catch let error as FileError {
      throw RegistryStoreError(.fileSystem, "read '\(path)': \(error)")
    }
  }

  package func setting(of feature: String) -> Bool? { stored.features[feature] }

  package func set(_ feature: String, to value: Bool?) async throws {
    let before = stored.features[feature]
    var changed = stored
    changed.features[feature] = value
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let bytes = Array(try encoder.encode(changed)) + [UInt8(ascii: "\n")]
    let directory = directory
    // Set first: of two changes at once the second must begin with the first.
    stored = changed
    do {
      try await pool.run { _ in
        try directory.files.replaceFile(directory.features, with: bytes, permissions: TableFiles.permissions)
      }
    } catch {
      // What is not on the disk is not so, unless another change has come since.
      if stored.features[feature] == value { stored.features[feature] = before }
      throw error
    }
  }
}
