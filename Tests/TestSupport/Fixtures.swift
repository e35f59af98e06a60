package import Foundation

/// The files of `fixtures`.
package enum Fixtures {
  package static func url(_ path: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("fixtures").appendingPathComponent(path)
  }
}
