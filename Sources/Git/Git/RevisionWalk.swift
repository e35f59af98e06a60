internal import CLibgit2
package import GitValues

/// Commits reachable from some and not from others, each once: libgit2's `git_revwalk`.
///
/// It guarantees that every returned commit was read, from its object or from the repository's commit-graph file. It
/// does not guarantee that all objects exist. A commit-graph lists commits whose objects may be gone, hidden commits
/// are not followed to their roots, and no tree or blob is looked at. A check of connectivity has to read the objects
/// themselves (`ObjectDatabase.read`), with this only to find where to start or to stop.
///
/// Use from one thread at a time.
package final class RevisionWalk {
  private let objects: ObjectDatabase
  private let repository: OpaquePointer
  let handle: OpaquePointer

  /// A walk that starts nowhere yet, in no particular order.
  ///
  /// Corresponds to `git_repository_wrap_odb` and `git_revwalk_new`.
  package init(_ objects: ObjectDatabase) throws(GitError) {
    var repository: OpaquePointer?
    try check(git_repository_wrap_odb(&repository, objects.handle), "git_repository_wrap_odb")
    var walk: OpaquePointer?
    let status = git_revwalk_new(&walk, repository)
    guard status == 0, let walk, let repository else {
      let error = GitError.last(status, "git_revwalk_new")
      git_repository_free(repository)
      throw error
    }
    self.objects = objects
    self.repository = repository
    handle = walk
  }

  deinit {
    git_revwalk_free(handle)
    git_repository_free(repository)
  }

  /// Starts here as well. A tag is followed to its commit.
  ///
  /// Corresponds to `git_revwalk_push`.
  /// - Throws: `notFound`; `invalidSpec` for an object that is no commit and leads to none.
  package func push(_ oid: ObjectID) throws(GitError) {
    var id = oid.gitOID
    try check(git_revwalk_push(handle, &id), "git_revwalk_push", on: oid.hex)
  }

  /// Leaves out this commit and all that it reaches.
  ///
  /// Corresponds to `git_revwalk_hide`.
  package func hide(_ oid: ObjectID) throws(GitError) {
    var id = oid.gitOID
    try check(git_revwalk_hide(handle, &id), "git_revwalk_hide", on: oid.hex)
  }

  /// The next commit; `nil` after the last. The walk is then empty and may be used for another.
  ///
  /// Corresponds to `git_revwalk_next`.
  /// - Throws: `notFound` when a commit on the way is missing.
  package func next() throws(GitError) -> ObjectID? {
    var id = git_oid()
    let status = git_revwalk_next(&id, handle)
    if status == GIT_ITEROVER.rawValue {
      git_error_clear()
      return nil
    }
    try check(status, "git_revwalk_next")
    return ObjectID(id)
  }
}
