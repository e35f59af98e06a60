package import GitValues

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
