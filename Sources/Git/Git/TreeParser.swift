package import GitValues

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
