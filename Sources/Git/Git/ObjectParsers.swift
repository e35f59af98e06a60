package import GitValues

/// The tree and the parents of a commit, read straight from its bytes.
///
/// Borrows the bytes: must not outlive them. Strict in what it reads and silent about the rest: author, date and
/// message may be anything, as for git itself, because a copy must be able to hold what the source holds.
package struct CommitParser {
  package let tree: ObjectID
  private let parents: ObjectReader

  /// Reads the tree line and checks every parent line.
  /// - Throws: `malformed`.
  package init(_ bytes: UnsafeRawBufferPointer) throws(GitError) {
    var reader = ObjectReader(bytes)
    guard reader.skip("tree "), let tree = reader.hexLine() else {
      throw reader.malformed(.commit, "no tree line")
    }
    self.tree = tree
    parents = reader
    while reader.skip("parent ") {
      guard reader.hexLine() != nil else { throw reader.malformed(.commit, "bad parent line") }
    }
  }

  /// Calls `body` with each parent in its order.
  package func forEachParent(_ body: (ObjectID) throws -> Void) rethrows {
    var reader = parents
    while reader.skip("parent "), let parent = reader.hexLine() { try body(parent) }
  }
}

/// The entries of a tree, one after the other, read straight from its bytes.
///
/// Borrows the bytes: neither the parser nor an entry's name may outlive them. Order and names are not judged here, git
/// itself reads trees that its object check would refuse.
package struct TreeParser {
  /// One line of a tree.
  package struct Entry {
    /// As stored; only the file type bits have a meaning here.
    package let mode: UInt32
    /// Never empty, without NUL.
    package let name: UnsafeRawBufferPointer
    package let oid: ObjectID

    /// A commit of another repository (a submodule): its object is not expected in this one.
    package var isGitlink: Bool { mode & 0o170000 == 0o160000 }
    package var isTree: Bool { mode & 0o170000 == 0o040000 }

    /// What the entry's object must be; `nil` for a gitlink. Links and files are blobs, and so is any unknown mode, as
    /// git has it.
    package var type: ObjectType? { isGitlink ? nil : isTree ? .tree : .blob }
  }

  private var reader: ObjectReader

  package init(_ bytes: UnsafeRawBufferPointer) { reader = ObjectReader(bytes) }

  /// The next entry; `nil` after the last.
  /// - Throws: `malformed`.
  package mutating func next() throws(GitError) -> Entry? {
    if reader.isAtEnd { return nil }
    let mode = try mode()
    guard let name = reader.bytes(upTo: 0) else { throw reader.malformed(.tree, "name without end") }
    guard !name.isEmpty else { throw reader.malformed(.tree, "empty name") }
    guard let oid = reader.rawID() else { throw reader.malformed(.tree, "truncated object id") }
    return Entry(mode: mode, name: name, oid: oid)
  }

  /// Octal digits and a space. Leading zeros occur in old repositories.
  private mutating func mode() throws(GitError) -> UInt32 {
    var value: UInt32 = 0
    let start = reader.position
    while let digit = reader.next, digit != UInt8(ascii: " ") {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else {
        throw reader.malformed(.tree, "bad mode")
      }
      value = value << 3 | UInt32(digit - UInt8(ascii: "0"))
      guard value <= 0o777777 else { throw reader.malformed(.tree, "mode out of range") }
      reader.skip()
    }
    guard reader.position > start, !reader.isAtEnd else { throw reader.malformed(.tree, "bad mode") }
    reader.skip()
    return value
  }
}

/// What an annotated tag names, read straight from its bytes.
package struct TagParser {
  package let target: ObjectID
  /// What the tag claims its target to be.
  package let targetType: ObjectType

  /// - Throws: `malformed`.
  package init(_ bytes: UnsafeRawBufferPointer) throws(GitError) {
    var reader = ObjectReader(bytes)
    guard reader.skip("object "), let target = reader.hexLine() else {
      throw reader.malformed(.tag, "no object line")
    }
    guard reader.skip("type ") else { throw reader.malformed(.tag, "no type line") }
    self.target = target
    if reader.skip("commit\n") {
      targetType = .commit
    } else if reader.skip("tree\n") {
      targetType = .tree
    } else if reader.skip("blob\n") {
      targetType = .blob
    } else if reader.skip("tag\n") {
      targetType = .tag
    } else {
      throw reader.malformed(.tag, "unknown target type")
    }
    guard reader.skip("tag ") else { throw reader.malformed(.tag, "no tag line") }
  }
}

/// A position in the borrowed bytes of an object: what the three parsers have in common. Allocates nothing.
struct ObjectReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }
  var remaining: Int { bytes.count - position }
  var next: UInt8? { isAtEnd ? nil : bytes[position] }

  mutating func skip() { position += 1 }

  /// True when the bytes ahead begin so; moves past them then.
  mutating func skip(_ prefix: StaticString) -> Bool {
    guard remaining >= prefix.utf8CodeUnitCount,
      UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        .elementsEqual(bytes[position..<position + prefix.utf8CodeUnitCount])
    else { return false }
    position += prefix.utf8CodeUnitCount
    return true
  }

  /// 40 hexadecimal digits, either case as git has it, and a newline.
  mutating func hexLine() -> ObjectID? {
    guard remaining > ObjectID.hexCount, bytes[position + ObjectID.hexCount] == UInt8(ascii: "\n") else { return nil }
    let digits = UnsafeRawBufferPointer(rebasing: bytes[position..<position + ObjectID.hexCount])
    guard let oid = ObjectID(hex: digits) else { return nil }
    position += ObjectID.hexCount + 1
    return oid
  }

  /// 20 bytes.
  mutating func rawID() -> ObjectID? {
    guard remaining >= ObjectID.byteCount else { return nil }
    defer { position += ObjectID.byteCount }
    return ObjectID(rawBytes: UnsafeRawBufferPointer(rebasing: bytes[position...]))
  }

  /// The bytes up to `end`, which is passed over and not included; `nil` when it does not come.
  mutating func bytes(upTo end: UInt8) -> UnsafeRawBufferPointer? {
    guard let found = bytes[position...].firstIndex(of: end) else { return nil }
    defer { position = found + 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<found])
  }

  func malformed(_ type: ObjectType, _ reason: String) -> GitError {
    GitError(code: .malformed, operation: "parse \(type.name)", message: "\(reason) at byte \(position)")
  }
}
