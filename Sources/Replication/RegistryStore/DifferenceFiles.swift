internal import DurableFiles
package import Replication
internal import StateFiles
internal import SystemPackage
internal import TextBytes
package import WorkerPool

/// The refs that differed at the last mismatch: `<state>/differences/<name>/<ID>.json` for each replicable that has
/// any.
///
/// For display only: the registry's states do not depend on it. Ids are written with `%2F` for a slash.
package struct DifferenceFiles: DifferenceStoring {
  private struct Stored: Codable {
    struct Line: Codable {
      var name: String
      var expected: String?
      var found: String?
    }
    var format = 1
    var differences: [Line]
  }

  private let root: FilePath
  private let files: any FileSystemPort
  private let pool: WorkerPool

  /// Those of one kind.
  package init(_ name: ReplicableName, in directory: StateDirectory, pool: WorkerPool) {
    root = directory.differences.appending(name.text)
    files = directory.files
    self.pool = pool
  }

  private static let limit = 1_000

  /// A name of up to 3 KiB would not fit: a longer one is replaced by its digest.
  private func file(of id: ReplicableID) -> StateFile<Stored> {
    let escaped = PercentCoding.encode(id.text.utf8) { $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "/") }
    let name = escaped.utf8.count <= 240 ? escaped : "\(escaped.prefix(100))-\(Hex.padded(FNV1a.hash(id.text.utf8)))"
    return StateFile(
      root.appending("\(name).json"), format: .json(), limit: 1 << 26, permissions: TableFiles.permissions,
      through: files)
  }

  package func record(_ differences: [Difference], of id: ReplicableID) async throws {
    let file = file(of: id)
    try await pool.run { _ in
      guard !differences.isEmpty else {
        if try files.status(of: file.path) != nil { try files.unlink(file.path) }
        return
      }
      try files.makeDirectories(root)
      let lines = differences.prefix(Self.limit).map {
        Stored.Line(name: $0.name, expected: $0.expected, found: $0.found)
      }
      try file.write(Stored(differences: lines))
    }
  }

  package func differences(of id: ReplicableID) async throws -> [Difference] {
    let file = file(of: id)
    return try await pool.run { _ in
      (try file.read()?.differences ?? []).map {
        Difference(name: $0.name, expected: $0.expected, found: $0.found)
      }
    }
  }
}
