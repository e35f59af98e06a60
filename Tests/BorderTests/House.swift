import Foundation

/// This package on disk, found from this file.
enum House {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Directories below `Sources`: the rooms.
  static func rooms() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path).sorted()
  }

  static func sourceFiles() throws -> [BorderCheck.File] {
    try rooms().flatMap { room in
      try swiftFiles(below: "Sources/\(room)").map { path in
        BorderCheck.File(
          room: room, path: path, try String(contentsOf: root.appending(path: path), encoding: .utf8))
      }
    }
  }

  /// Paths of the Swift files below a directory of the package; empty when it does not exist.
  static func swiftFiles(below directory: String) -> [String] {
    let walk = FileManager.default.enumerator(atPath: root.appending(path: directory).path)
    var found: [String] = []
    while let name = walk?.nextObject() as? String {
      if name.hasSuffix(".swift") { found.append("\(directory)/\(name)") }
    }
    return found.sorted()
  }

  /// nil where there is none yet.
  static func readme() -> String? {
    try? String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)  // missing is the only failure here
  }
}
