import SystemPackage
import TextBytes

/// The names of temporary files: `NAME.remora-tmp-` and 16 random hexadecimal digits.
enum LeftoverName {
  private static let mark = ".remora-tmp-"

  /// A name beside the path that nothing has yet, but for a chance of one in 2^64; `create` refuses a taken one.
  static func fresh(beside path: FilePath) throws(FileError) -> FilePath {
    let suffix = mark + Hex.padded(.random(in: .min ... .max))
    guard let name = path.lastComponent else {
      throw FileError(.invalidArgument, "replace", path, hint: "it names no file")
    }
    // Joined as bytes: a name need not be UTF-8.
    let joined = DirectoryEntry(name: name, kind: .regular).nameBytes + Array(suffix.utf8) + [0]
    guard let component = FilePath.Component(platformString: joined.map { CChar(bitPattern: $0) }) else {
      throw FileError(.invalidArgument, "replace", path, hint: "it names no file")
    }
    return path.removingLastComponent().appending(component)
  }

  static func isOne(_ name: FilePath.Component) -> Bool {
    let bytes = DirectoryEntry(name: name, kind: .regular).nameBytes
    guard bytes.count > mark.utf8.count + Hex.numberLength else { return false }
    let tail = bytes.suffix(mark.utf8.count + Hex.numberLength)
    return tail.starts(with: mark.utf8) && tail.suffix(Hex.numberLength).allSatisfy { Hex.value($0) != nil }
  }
}
