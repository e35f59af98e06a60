internal import CLibgit2
internal import GitValues
internal import Glibc

/// Reads the bytes of a pack as they arrive, checks every object's hash, and leaves pack and index in a directory.
///
/// Corresponds to `git_indexer`, without an object database behind it: a thin pack is refused. With one attached,
/// libgit2 1.5.1 can be made to spin for ever by a pack of 200 bytes (an object twice, once as REF_DELTA).
///
/// Guarantees: after `commit()` pack and index are complete and consistent with each other; each object has its id in
/// the index. Neither is fsynced: that is for the caller that gives them their place. It does not look at what the
/// objects contain or whether they are connected. Dropped before that, it leaves nothing; after a crash there may be
/// `pack_git2_*` files and an index without pack.
///
/// The directory must exist and be this indexer's alone while it lives; files that were there before are left as they
/// are. One thread at a time.
///
/// **Cancelling.** The progress closure is called for every object received and for every delta resolved, and may
/// throw: that error comes out of `append` or `commit`. An `IndexerInterruption` stops what lies between two calls.
/// Only the last steps cannot be stopped: sorting and the index; 0.2 s for a pack of 84 MB.
package struct PackIndexer: ~Copyable {
  private let handle: OpaquePointer
  private let directory: String
  private let files: StagedPackFiles
  private let maximumObjects: Int
  private let callback: PackProgressCallback
  private let interruption: IndexerInterruption
  private var header = PackHeader()
  private var stats = git_indexer_progress()
  private var failure: (any Error)?
  private var isCommitted = false

  /// - Parameters:
  ///   - stagingDirectory: where pack and index will be.
  ///   - maximumObjects: more in the header is `limitExceeded`, before any memory is taken for them. No more than
  ///     `Library.maximumPackObjects`.
  ///   - interruption: what another thread may stop this indexer with.
  ///   - progress: called on this thread, often; a throw cancels.
  package init(
    stagingDirectory: String, maximumObjects: Int = Library.maximumPackObjects,
    interruption: IndexerInterruption = IndexerInterruption(),
    progress: @escaping (PackProgress) throws -> Void = { _ in }
  ) throws(GitError) {
    try Library.start()
    let callback = PackProgressCallback(directory: stagingDirectory, progress)
    var options = git_indexer_options()
    try check(
      git_indexer_options_init(&options, UInt32(GIT_INDEXER_OPTIONS_VERSION)), "git_indexer_options_init")
    options.progress_cb = { stats, payload in PackProgressCallback.call(stats, payload) }
    options.progress_cb_payload = Unmanaged.passUnretained(callback).toOpaque()
    // libgit2's own check of connectedness takes submodule entries for missing objects: it stays off.
    options.verify = 0
    let files = StagedPackFiles(stagingDirectory)
    var created: OpaquePointer?
    // Writable for us until the end: the interruption opens it a second time.
    let status = PathText.withCString(stagingDirectory) { git_indexer_new(&created, $0, 0o644, nil, &options) }
    try check(status, "git_indexer_new", on: stagingDirectory)
    handle = try required(created, "git_indexer_new", on: stagingDirectory)
    directory = stagingDirectory
    self.maximumObjects = min(maximumObjects, Library.maximumPackObjects)
    self.callback = callback
    self.interruption = interruption
    self.files = files
    if let path = files.temporaryPack() { interruption.arm(path: path) }
  }

  deinit {
    let name = String(cString: git_indexer_name(handle))
    git_indexer_free(handle)
    _ = interruption.disarm()
    if !isCommitted { files.remove(name: name) }
  }

  /// Takes the next bytes; any sizes, in order. After an error every further call throws the same one.
  /// - Throws: `packCorrupt`, `limitExceeded`, `noSpace`, `interrupted`, what the progress closure threw.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    if let failure { throw failure }
    do {
      try header.feed(bytes, maximumObjects: maximumObjects)
      var rest = bytes[...]
      while !rest.isEmpty {
        if interruption.isInterrupted { throw stopped() }
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.partBytes))
        rest = rest.dropFirst(Self.partBytes)
        try answer(git_indexer_append(handle, part.baseAddress, part.count, &stats), "git_indexer_append")
        try callback.report(stats)
      }
    } catch {
      failure = error
      throw error
    }
  }

  /// Given to libgit2 at once. They can inflate to a thousand times as much, which is then hashed without a callback
  /// if it is all one object: 256 MB, half a second.
  private static let partBytes = 256 << 10

  /// Resolves the deltas, checks the trailer, writes the index and gives both their names; nothing is fsynced.
  ///
  /// - Returns: `nil` for a sound pack without objects, the answer to a fetch that needed nothing; it leaves no file.
  /// - Throws: `packCorrupt`, also for a pack that is not all there; `noSpace`; `interrupted`; what the progress
  ///   closure threw.
  package consuming func commit() throws -> IndexedPack? {
    if let failure { throw failure }
    guard let objectCount = header.objectCount else {
      throw GitError(code: .packCorrupt, operation: "index pack", subject: directory, message: "the pack has no header")
    }
    // Before deltas are resolved: it bounds what an object comes out at.
    if objectCount > 0, let path = files.temporaryPack() { try checkLengths(of: path, count: objectCount) }
    try answer(git_indexer_commit(handle, &stats), "git_indexer_commit")
    let name = String(cString: git_indexer_name(handle))
    let pack = IndexedPack(
      packPath: "\(directory)/pack-\(name).pack", indexPath: "\(directory)/pack-\(name).idx", name: name,
      objectCount: objectCount)
    // An interruption that came after libgit2 had checked the bytes has still erased them.
    if interruption.disarm() { throw stopped() }
    guard objectCount > 0 else { return nil }
    try Self.protect(pack)
    isCommitted = true
    return pack
  }

  private func checkLengths(of path: String, count: Int) throws {
    do {
      try PackEntryLengths(path).check(count: count) { try callback.report(stats) }
    } catch {
      throw interruption.isInterrupted ? stopped() : error
    }
  }

  /// Takes the right to write away, as git does. libgit2 has already applied the umask.
  private static func protect(_ pack: IndexedPack) throws(GitError) {
    for path in [pack.packPath, pack.indexPath] {
      guard let mode = FileProbe(path).mode, PathText.withCString(path, { chmod($0, mode & 0o444) }) == 0 else {
        throw GitError(code: .generic, operation: "chmod", subject: path, message: String(cString: strerror(errno)))
      }
    }
  }

  private func answer(_ status: Int32, _ call: StaticString) throws {
    guard status < 0 else { return }
    let error = GitError.last(status, call, on: directory)
    if let thrown = callback.takeFailure() { throw thrown }
    if interruption.isInterrupted { throw stopped() }
    // indexer.c has no code for it: "cannot fix a thin pack without an ODB".
    let isThin = error.message.contains("thin pack")
    throw error.isFromSystem ? error : error.recoded(isThin ? .packThin : .packCorrupt)
  }

  /// Returns the progress closure's error for the interruption, if any: it has the cause.
  private func stopped() -> any Error {
    do { try callback.report(stats) } catch { return error }
    return GitError(code: .interrupted, operation: "index pack", subject: directory, message: "stopped from outside")
  }
}
