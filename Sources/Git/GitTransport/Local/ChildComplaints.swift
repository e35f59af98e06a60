import GitProtocol
import GitValues
import TextBytes

/// What a `git upload-pack` writes on its standard error, as it comes: the beginning is kept for messages, and each line
/// that names a broken ref is understood.
struct ChildComplaints {
  /// The most that is kept for messages, in bytes.
  static let textLimit = 16 * 1024
  /// The most that one line may have and still be understood: the longest ref name, and words around it.
  private static let lineLimit = 8 * 1024
  private(set) var text: [UInt8] = []
  private(set) var broken: [BrokenRef] = []
  /// True when there were more than `brokenLimit`.
  private(set) var namesAreIncomplete = false
  private let brokenLimit: Int
  private var line: [UInt8] = []

  /// Makes an empty one that keeps so many names of broken refs.
  init(brokenLimit: Int) { self.brokenLimit = brokenLimit }

  /// Takes the next bytes.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    text.append(contentsOf: bytes.prefix(Self.textLimit - text.count))
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        takeLine()
      } else if line.count < Self.lineLimit {
        line.append(byte)
      }
    }
  }

  /// All of it as one line of harmless text.
  var description: String { ForeignText.serverLine(text) }

  /// True when `words` were said, as `LC_ALL=C` has them.
  func contain(_ words: String) -> Bool { text.firstRange(of: Array(words.utf8)) != nil }

  /// `error: refs/heads/x does not point to a valid object!` (refs.c, `ref_resolves_to_object`). git before 2.34 leaves
  /// such a ref out of the listing, and without this line it would look deleted.
  private mutating func takeLine() {
    defer { line.removeAll(keepingCapacity: true) }
    let beginning = Array("error: ".utf8)
    let end = Array(" does not point to a valid object!".utf8)
    guard line.starts(with: beginning), line.count > beginning.count + end.count,
      line.suffix(end.count).elementsEqual(end)
    else { return }
    let name = ReferenceName(bytes: Array(line[beginning.count..<(line.count - end.count)]))
    // HEAD is not in the listing of refs; its target is named on a line of its own.
    guard name.bytes.starts(with: ReferenceName.refsPrefix) else { return }
    guard broken.count < brokenLimit else {
      namesAreIncomplete = true
      return
    }
    broken.append(BrokenRef(name: name, reason: "does not point to a valid object"))
  }
}
