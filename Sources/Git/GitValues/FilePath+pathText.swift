import Glibc
package import SystemPackage

extension FilePath {
  /// The path that a text of `PathText` stands for.
  package init(pathText text: String) {
    guard PathText.isEscaped(text) else {
      self.init(text)
      return
    }
    self = PathText.withCString(text) { FilePath(platformString: $0) }
  }

  /// The path as `PathText`, for libraries that take a `String`. Unlike `string` it is lossless.
  package var pathText: String {
    let text = string
    // The text of a path that is not UTF-8 has replacement characters.
    guard text.unicodeScalars.contains(where: { $0 == "\u{FFFD}" || $0.value >= 0x10FE80 }) else { return text }
    return withPlatformString { start in
      PathText.text(UnsafeBufferPointer(start: start, count: strlen(start)).map(UInt8.init(bitPattern:)))
    }
  }

  /// True when something is at the path; links are followed.
  package var exists: Bool { withPlatformString { access($0, F_OK) } == 0 }
}
