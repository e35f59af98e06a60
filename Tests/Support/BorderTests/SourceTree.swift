import Foundation
import TestSupport

/// This package on disk.
enum SourceTree {
  /// A target of `Sources` and the folder of its area.
  struct Place: Hashable {
    let area: String
    let target: String

    var sources: String { "Sources/\(area)/\(target)" }
    var tests: String { "Tests/\(area)/\(target)Tests" }
  }

  /// Returns the folders `Sources/<area>/<target>`.
  static func places() throws -> [Place] {
    try folders(in: "Sources").flatMap { area in
      try folders(in: "Sources/\(area)").map { Place(area: area, target: $0) }
    }
  }

  private static func folders(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: PackageFiles.url(path).path).sorted()
  }

  static func sourceFiles() throws -> [BorderCheck.File] {
    try places().flatMap { place in
      try swiftFiles(below: place.sources).map { path in
        BorderCheck.File(room: place.target, path: path, try PackageFiles.text(path))
      }
    }
  }

  /// Paths of the Swift files below a directory of the package; empty when it does not exist.
  static func swiftFiles(below directory: String) -> [String] {
    let walk = FileManager.default.enumerator(atPath: PackageFiles.url(directory).path)
    var found: [String] = []
    while let name = walk?.nextObject() as? String {
      if name.hasSuffix(".swift") { found.append("\(directory)/\(name)") }
    }
    return found.sorted()
  }

  /// Returns the table of the README: the one place where it stands.
  ///
  /// - Throws: `MissingTable` when the README has none.
  static func table() throws -> LayerTable {
    guard let table = LayerTable(readme: try PackageFiles.text("README.md")) else { throw MissingTable() }
    return table
  }

  struct MissingTable: Error, CustomStringConvertible {
    let description = "the README has no table | Area | Target | … | May import |"
  }
}
