internal import TextBytes

/// The beginning of what a command wrote on its standard error.
package struct ErrorText: Sendable {
  /// The most that is kept, in bytes.
  package static let limit = 16 * 1024
  private var bytes: [UInt8] = []

  package init() {}

  /// Appends bytes; drops those beyond the limit.
  package mutating func append(_ next: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: next.prefix(Self.limit - bytes.count))
  }

  /// True when the text contains `words`, as `LC_ALL=C` has them.
  package func contains(_ words: String) -> Bool { bytes.firstRange(of: Array(words.utf8)) != nil }
}

extension ErrorText: CustomStringConvertible {
  /// One sanitised line; empty when the command wrote nothing.
  package var description: String { ForeignText.serverLine(bytes) }
}
