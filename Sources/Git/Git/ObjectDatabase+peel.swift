package import GitValues

extension ObjectDatabase {
  /// Follows annotated tags to their end; the oid itself for anything else, `nil` when an object is missing.
  ///
  /// - Throws: `GitError` for an object that is there but damaged.
  package func peel(_ oid: ObjectID) throws -> ObjectID? {
    var oid = oid
    while let header = try header(of: oid) {
      guard header.type == .tag else { return oid }
      guard let target = try read(oid, { _, bytes in try TagParser(bytes).target }) else { return nil }
      oid = target
    }
    return nil
  }
}
