/// The meaning of a block string (section 2.9.4, BlockStringValue).
enum BlockString {
  /// Takes the indentation that all lines but the first have in common away, and blank lines at both ends.
  ///
  /// - Parameter text: with `\n` as the only line end.
  static func dedented(_ text: [UInt8]) -> String {
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    let indent = lines.dropFirst().filter { !isBlank($0) }.map { $0.prefix(while: isSpace).count }.min() ?? 0
    for index in lines.indices.dropFirst() { lines[index] = lines[index].dropFirst(indent) }
    // Slices get shorter without being moved: a document may be nothing but blank lines.
    lines = lines.drop(while: isBlank)
    while let last = lines.last, isBlank(last) { lines.removeLast() }
    return String(decoding: Array(lines.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool { line.allSatisfy(isSpace) }
}
