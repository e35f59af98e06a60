import GitValues

/// Finds the names of broken refs in what a `git upload-pack` writes on its standard error.
final class BrokenRefLines {
  /// The longest line that is parsed, in bytes: the longest ref name, and the text around it.
  private static let lineLimit = 8 * 1024
  private(set) var broken: [BrokenRef] = []
  /// True when there were more than `limit`.
  private(set) var isIncomplete = false
  private let limit: Int
  private var line: [UInt8] = []

  /// - Parameter limit: how many names are kept.
  init(limit: Int) { self.limit = limit }

  /// Takes the next bytes.
  func append(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        takeLine()
      } else if line.count < Self.lineLimit {
        line.append(byte)
      }
    }
  }

  /// `error: refs/heads/x does not point to a valid object!` (refs.c, `ref_resolves_to_object`). git before 2.34 leaves
  /// such a ref out of the listing, and without this line it would look deleted.
  private func takeLine() {
    defer { line.removeAll(keepingCapacity: true) }
    let beginning = Array("error: ".utf8)
    let end = Array(" does not point to a valid object!".utf8)
    guard line.starts(with: beginning), line.count > beginning.count + end.count,
      line.suffix(end.count).elementsEqual(end)
    else { return }
    let name = ReferenceName(bytes: Array(line[beginning.count..<(line.count - end.count)]))
    // HEAD is not in the listing of refs; its target is named on a line of its own.
    guard name.bytes.starts(with: ReferenceName.refsPrefix) else { return }
    guard broken.count < limit else {
      isIncomplete = true
      return
    }
    broken.append(BrokenRef(name: name, reason: "does not point to a valid object"))
  }
}
