package import Foundation

/// The files of this package, wherever the folder of a test lies in it.
package enum PackageFiles {
  /// The folder that holds `Package.swift`.
  package static let root: URL = {
    var url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while url.path != "/", !FileManager.default.fileExists(atPath: url.appending(path: "Package.swift").path) {
      url.deleteLastPathComponent()
    }
    return url
  }()

  package static func url(_ path: String) -> URL { root.appending(path: path) }

  /// - Throws: what reading throws, also for what is not UTF-8.
  package static func text(_ path: String) throws -> String { try String(contentsOf: url(path), encoding: .utf8) }
}

/// The files of `fixtures`.
package enum Fixtures {
  package static func url(_ path: String) -> URL { PackageFiles.url("fixtures/\(path)") }
}
