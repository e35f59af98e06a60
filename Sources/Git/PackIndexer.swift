internal import CLibgit2
internal import Glibc

/// Takes the bytes of a pack as they come, checks every object's hash, and leaves pack and index in a directory.
///
/// Corresponds to `git_indexer`, without an object database behind it: a thin pack is refused. With one attached,
/// libgit2 1.5.1 can be made to spin for ever by a pack of 200 bytes (an object twice, once as REF_DELTA).
///
/// What it promises: after `commit()` pack and index are complete, consistent with each other and fsynced; each object
/// has the id that the index says. It does not look at what the objects contain or whether they are connected.
/// Dropped before that, it leaves nothing; after a crash there may be `pack_git2_*` files and an index without pack.
///
/// The directory must be this indexer's alone and exist. One thread at a time.
///
/// **Cancelling.** The progress closure is called for every object received and for every delta resolved, and may
/// throw: that error comes out of `append` or `commit`. Between two calls lies the work for one object, plus at the end
/// the sorting, writing and fsync of the index and the fsync of the pack. One object can be costly in a pack that was
/// made to be so: a chain of deltas whose results are near the size limit is resolved from its start for each member.
package struct PackIndexer: ~Copyable {
  private let handle: OpaquePointer
  private let directory: String
  private let maximumObjects: Int
  private let callback: PackProgressCallback
  private var header = PackHeader()
  private var stats = git_indexer_progress()
  private var failure: (any Error)?
  private var isCommitted = false

  /// - Parameters:
  ///   - stagingDirectory: where pack and index will be; nothing else may be in it under their kind of names.
  ///   - maximumObjects: more in the header is `limitExceeded`, before any memory is taken for them. No more than
  ///     `Library.maximumPackObjects`.
  ///   - progress: called on this thread, often; a throw cancels.
  package init(
    stagingDirectory: String, maximumObjects: Int = Library.maximumPackObjects,
    progress: @escaping (PackProgress) throws -> Void = { _ in }
  ) throws(GitError) {
    try Library.start()
    let callback = PackProgressCallback(progress)
    var options = git_indexer_options()
    try check(
      git_indexer_options_init(&options, UInt32(GIT_INDEXER_OPTIONS_VERSION)), "git_indexer_options_init")
    options.progress_cb = { stats, payload in PackProgressCallback.call(stats, payload) }
    options.progress_cb_payload = Unmanaged.passUnretained(callback).toOpaque()
    // libgit2's own check of connectedness takes submodule entries for missing objects: it stays off.
    options.verify = 0
    var created: OpaquePointer?
    let status = git_indexer_new(&created, stagingDirectory, 0, nil, &options)
    try check(status, "git_indexer_new", on: stagingDirectory)
    guard let created else {
      throw GitError(
        code: .generic, operation: "git_indexer_new", subject: stagingDirectory, message: "libgit2 returned nothing")
    }
    handle = created
    directory = stagingDirectory
    self.maximumObjects = min(maximumObjects, Library.maximumPackObjects)
    self.callback = callback
  }

  deinit {
    // The progress closure cannot be called from here: freeing reports nothing.
    git_indexer_free(handle)
    if !isCommitted { Self.sweep(directory) }
  }

  /// Takes the next bytes; any sizes, in order. After an error every further call throws the same one.
  /// - Throws: `packCorrupt`, `limitExceeded`, `noSpace`, what the progress closure threw.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    if let failure { throw failure }
    do {
      try header.feed(bytes, maximumObjects: maximumObjects)
      var rest = bytes[...]
      // In parts, so that a huge buffer of one object's bytes does not keep a cancellation waiting.
      while !rest.isEmpty {
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

  private static let partBytes = 1 << 20

  /// Resolves the deltas, checks the trailer, writes the index, makes both durable and gives them their names.
  ///
  /// - Returns: `nil` for a sound pack without objects, the answer to a fetch that needed nothing; it leaves no file.
  /// - Throws: `packCorrupt`, also for a pack that is not all there; `noSpace`; what the progress closure threw.
  package consuming func commit() throws -> IndexedPack? {
    if let failure { throw failure }
    guard let objectCount = header.objectCount else {
      throw GitError(code: .packCorrupt, operation: "index pack", subject: directory, message: "the pack has no header")
    }
    try answer(git_indexer_commit(handle, &stats), "git_indexer_commit")
    let name = String(cString: git_indexer_name(handle))
    let pack = IndexedPack(
      packPath: "\(directory)/pack-\(name).pack", indexPath: "\(directory)/pack-\(name).idx", name: name,
      objectCount: objectCount)
    guard objectCount > 0 else {
      unlink(pack.packPath)
      unlink(pack.indexPath)
      return nil
    }
    isCommitted = true
    return pack
  }

  private func answer(_ status: Int32, _ call: StaticString) throws {
    guard status < 0 else { return }
    let error = GitError.last(status, call, on: directory)
    if let thrown = callback.takeFailure() { throw thrown }
    throw error.isFromSystem ? error : error.recoded(.packCorrupt)
  }

  /// Removes what a failed run can leave: libgit2's temporary pack and index, and an index that was renamed before its
  /// pack could be.
  private static func sweep(_ directory: String) {
    guard let listing = opendir(directory) else { return }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = entry.name
      let isTemporary = name.hasPrefix("pack_git2_")
      let isIndex = name.hasPrefix("pack-") && (name.hasSuffix(".idx") || name.hasSuffix(".idx.lock"))
      if isTemporary || isIndex { unlink("\(directory)/\(name)") }
    }
  }
}
