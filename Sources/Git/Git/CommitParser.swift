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
