package import GitValues

/// What one loose ref file (or `HEAD`) says.
package enum LooseRef: Hashable, Sendable {
  case direct(ObjectID)
  /// A symbolic ref to the named ref, which may itself be symbolic, missing or broken.
  case symbolic(ReferenceName)
  /// Neither: the reason, short, for display.
  case broken(String)

  /// Parses the contents of a ref file the way git does: `ref:`, white space, a name; or 40 hex digits followed by white
  /// space or the end. Trailing white space is ignored.
  package init(parsing bytes: [UInt8]) {
    // The form of nearly every file, first: a repository can have 20,000 of them.
    if bytes.count == ObjectID.hexCount + 1, bytes[ObjectID.hexCount] == UInt8(ascii: "\n"),
      let oid = ObjectID(hex: bytes[..<ObjectID.hexCount])
    {
      self = oid.isZero ? .broken("null oid") : .direct(oid)
      return
    }
    var text = bytes[...]
    while let last = text.last, Self.isSpace(last) { text.removeLast() }
    if text.starts(with: Self.symbolicMark) {
      var target = text.dropFirst(Self.symbolicMark.count)
      while let first = target.first, Self.isSpace(first) { target.removeFirst() }
      let name = ReferenceName(bytes: Array(target))
      self = name.isValid ? .symbolic(name) : .broken("symbolic ref to an invalid name")
    } else if text.count >= ObjectID.hexCount, let oid = ObjectID(hex: text.prefix(ObjectID.hexCount)),
      text.count == ObjectID.hexCount || Self.isSpace(text[text.startIndex + ObjectID.hexCount])
    {
      self = oid.isZero ? .broken("null oid") : .direct(oid)
    } else {
      self = .broken(text.isEmpty ? "empty file" : "unreadable content")
    }
  }

  private static let symbolicMark = Array("ref:".utf8)

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
