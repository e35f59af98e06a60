/// What a commit puts under a path.
package enum FileContent: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, Sendable {
  case bytes([UInt8])
  case executable([UInt8])
  case symbolicLink(to: String)
  /// A submodule entry: the commit it names need not exist.
  case submodule(String)
  /// A blob made before.
  case blob(BuiltObject)
  /// The path is taken away.
  case removed

  package init(stringLiteral text: String) { self = .bytes(Array(text.utf8)) }

  /// Bytes that no compressor makes smaller, the same for the same seed.
  package static func random(_ count: Int, seed: UInt64) -> FileContent {
    var generator = SeededGenerator(seed: seed)
    return .bytes(generator.bytes(count))
  }
}
