internal import CLibgit2
package import GitValues

extension Repository {
  /// Makes a ref that must not exist, with git's own locks and reflogs; its object must be there. Not durable yet.
  ///
  /// Corresponds to `git_reference_create`. The objects are looked for anew: the handle may be older than they are.
  /// - Throws: `exists`, also where another ref stands in the way of the name; `locked`.
  package func createReference(_ name: ReferenceName, at oid: ObjectID, message: String) throws(GitError) {
    var id = oid.gitOID
    var reference: OpaquePointer?
    let status = (name.bytes + [0]).withUnsafeBytes { bytes in
      git_reference_create(&reference, handle, bytes.assumingMemoryBound(to: CChar.self).baseAddress, &id, 0, message)
    }
    try check(status, "git_reference_create", on: "\(name)")
    git_reference_free(reference)
  }
}
