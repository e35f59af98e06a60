import SystemPackage

/// The names of temporary files: `NAME.remora-tmp-` and 16 random hexadecimal digits.
enum LeftoverName {
  private static let mark = ".remora-tmp-"
  private static let digits = 16

  /// A name beside the path that nothing has yet, but for a chance of one in 2^64; `create` refuses a taken one.
  static func fresh(beside path: FilePath) throws(FileError) -> FilePath {
    let random = String(UInt64.random(in: .min ... .max), radix: 16)
    let suffix = mark + String(repeating: "0", count: digits - random.count) + random
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
    guard bytes.count > mark.utf8.count + digits else { return false }
    let tail = bytes.suffix(mark.utf8.count + digits)
    return tail.starts(with: mark.utf8) && tail.suffix(digits).allSatisfy { isHexDigit($0) }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
  }
}
