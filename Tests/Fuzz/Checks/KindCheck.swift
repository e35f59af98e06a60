import Replication
import SystemPackage

/// A configuration that is accepted means what its text says, for every id.
struct KindCheck {
  private let texts: [String]

  /// - Parameter bytes: name, strategy, root, address, include, exclude, id.
  init(_ bytes: [UInt8]) {
    texts = InputParts.split(bytes, count: 7).map { String(decoding: $0 ?? [], as: UTF8.self) }
  }

  func run() throws {
    try configuration()
    // What is refused is fine: each is tried by itself, so that one bad field does not hide the others.
    guard let id = try? ReplicableID(texts[6]) else { return }
    try identifier(id)
    if let template = try? AddressTemplate(texts[3]) { try address(template, id) }
    for text in texts[4...5] {
      guard let glob = try? Glob(text) else { continue }
      try Disagreement.unless(
        glob.matches(id) == GlobMeaning(text).matches(id.text), "'\(text)' is wrong about '\(id)'")
    }
  }

  private func configuration() throws {
    guard
      let kind = try? KindConfiguration(
        name: texts[0], strategy: texts[1], root: texts[2], address: texts[3], include: [texts[4]], exclude: [texts[5]])
    else { return }
    try Disagreement.unless(
      same(kind.name.text, texts[0]) && same(kind.dataType.rawValue, texts[1]) && same(kind.root, texts[2])
        && kind.address.map { same($0.text, texts[3]) } == true, "a configuration says something else than was written")
    let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789_".utf8)
    try Disagreement.unless(texts[0].utf8.allSatisfy(letters.contains), "'\(texts[0])' is no name of a kind")
    try Disagreement.unless(kind.root.utf8.first == UInt8(ascii: "/"), "'\(kind.root)' is not absolute")
    _ = kind.kind
  }

  /// Checks that an id is a path that stays below the root whatever it says, and is spelt in one way only.
  private func identifier(_ id: ReplicableID) throws {
    let path = FilePath(id.text)
    try Disagreement.unless(
      path.isRelative && path.isLexicallyNormal && same(path.string, id.text)
        && !path.components.contains { $0.kind != .regular }, "'\(id)' is no safe path")
  }

  /// The bytes of the template with those of the id for each mark, behind an authority that is the template's.
  private func address(_ template: AddressTemplate, _ id: ReplicableID) throws {
    let url = Array(template.url(of: id).utf8)
    let (text, mark) = (Array(template.text.utf8), Array("{id}".utf8))
    let encoded = Self.encoded(id.text)
    var (expected, position, marks) = ([UInt8](), 0, 0)
    while position < text.count {
      if text[position...].starts(with: mark) {
        expected += encoded
        position += mark.count
        marks += 1
      } else {
        expected.append(text[position])
        position += 1
      }
    }
    try Disagreement.unless(marks > 0, "'\(template)' has no place for the id")
    try Disagreement.unless(url == expected, "'\(template)' of '\(id)' is '\(String(decoding: url, as: UTF8.self))'")
    try Disagreement.unless(
      Self.authority(url) == Self.authority(text), "an id chooses the host of '\(String(decoding: url, as: UTF8.self))'"
    )
  }

  /// Returns the bytes before the third slash.
  private static func authority(_ url: [UInt8]) -> [UInt8] {
    let slashes = url.indices.filter { url[$0] == UInt8(ascii: "/") }
    return slashes.count > 2 ? Array(url[..<slashes[2]]) : url
  }

  /// Encodes by RFC 3986: all but unreserved characters and the slash by two digits.
  private static func encoded(_ text: String) -> [UInt8] {
    let kept = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
    return text.utf8.flatMap { byte -> [UInt8] in
      if kept.contains(byte) { return [byte] }
      return Array(((byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)).utf8)
    }
  }

  private func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
}
