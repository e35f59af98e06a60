internal import CLibgit2
internal import GitValues

/// Files that make reading faster, written by libgit2: where git is not installed. It writes no bitmaps.
package enum ReadAccelerators {
  /// Writes `multi-pack-index` into a directory, over packs in it.
  ///
  /// Corresponds to `git_midx_writer_commit`.
  package static func writeMultiPackIndex(packDirectory: String, indexes: [String]) throws(GitError) {
    try Library.start()
    var created: OpaquePointer?
    try check(
      PathText.withCString(packDirectory) { git_midx_writer_new(&created, $0) }, "git_midx_writer_new",
      on: packDirectory)
    let writer = try required(created, "git_midx_writer_new", on: packDirectory)
    defer { git_midx_writer_free(writer) }
    for index in indexes {
      try check(
        PathText.withCString(index) { git_midx_writer_add(writer, $0) }, "git_midx_writer_add", on: index)
    }
    try check(git_midx_writer_commit(writer), "git_midx_writer_commit", on: packDirectory)
  }

  /// Writes `commit-graph` into a directory, with all commits that the refs of a repository reach.
  ///
  /// Corresponds to `git_commit_graph_writer_commit`.
  package static func writeCommitGraph(repository path: String, into directory: String) throws(GitError) {
    try Library.start()
    var opened: OpaquePointer?
    try check(
      PathText.withCString(path) { git_repository_open_bare(&opened, $0) }, "git_repository_open_bare", on: path)
    let repository = try required(opened, "git_repository_open_bare", on: path)
    defer { git_repository_free(repository) }
    var walking: OpaquePointer?
    try check(git_revwalk_new(&walking, repository), "git_revwalk_new", on: path)
    let walk = try required(walking, "git_revwalk_new", on: path)
    defer { git_revwalk_free(walk) }
    // Refs to objects other than commits are skipped.
    try check(git_revwalk_push_glob(walk, "refs/*"), "git_revwalk_push_glob", on: path)
    var created: OpaquePointer?
    try check(
      PathText.withCString(directory) { git_commit_graph_writer_new(&created, $0) }, "git_commit_graph_writer_new",
      on: directory)
    let writer = try required(created, "git_commit_graph_writer_new", on: directory)
    defer { git_commit_graph_writer_free(writer) }
    try check(
      git_commit_graph_writer_add_revwalk(writer, walk), "git_commit_graph_writer_add_revwalk", on: path)
    var options = git_commit_graph_writer_options()
    try check(
      git_commit_graph_writer_options_init(&options, UInt32(GIT_COMMIT_GRAPH_WRITER_OPTIONS_VERSION)),
      "git_commit_graph_writer_options_init")
    try check(git_commit_graph_writer_commit(writer, &options), "git_commit_graph_writer_commit", on: directory)
  }
}
