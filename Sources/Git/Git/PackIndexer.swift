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

/// A pack and its index, checked, named and on disk in the staging directory.
package struct IndexedPack: Hashable, Sendable {
  /// Absolute or relative as the staging directory was given.
  package let packPath: String
  package let indexPath: String
  /// The 40 hexadecimal digits after `pack-`: the pack's own checksum.
  package let name: String
  package let objectCount: Int
}

/// How far an indexer is. Objects are received, then the deltas among them are resolved.
package struct PackProgress: Hashable, Sendable {
  package let totalObjects: Int
  /// Objects read from the pack so far, deltas included.
  package let receivedObjects: Int
  /// Objects whose id is computed so far.
  package let indexedObjects: Int
  /// Set once all bytes are there; 0 before.
  package let totalDeltas: Int
  package let indexedDeltas: Int

  init(_ stats: git_indexer_progress) {
    totalObjects = Int(stats.total_objects)
    receivedObjects = Int(stats.received_objects)
    indexedObjects = Int(stats.indexed_objects)
    totalDeltas = Int(stats.total_deltas)
    indexedDeltas = Int(stats.indexed_deltas)
  }
}

/// Carries a progress closure through C and its error back out.
///
/// libgit2 holds it unretained; the indexer that made it keeps it alive until libgit2 has forgotten it.
final class PackProgressCallback {
  private let progress: (PackProgress) throws -> Void
  private let residency: PackResidency
  private var failure: (any Error)?

  init(directory: String, _ progress: @escaping (PackProgress) throws -> Void) {
    self.progress = progress
    residency = PackResidency(directory: directory)
  }

  func report(_ stats: git_indexer_progress) throws { try progress(PackProgress(stats)) }

  func takeFailure() -> (any Error)? {
    defer { failure = nil }
    return failure
  }

  /// The C side: a Swift error becomes GIT_EUSER, and waits here for the caller of the outer function.
  static func call(_ stats: UnsafePointer<git_indexer_progress>?, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let stats, let payload else { return 0 }
    let callback = Unmanaged<PackProgressCallback>.fromOpaque(payload).takeUnretainedValue()
    callback.residency.relieve()
    do {
      try callback.report(stats.pointee)
      return 0
    } catch {
      callback.failure = error
      return GIT_EUSER.rawValue
    }
  }
}

/// The first 12 bytes of a pack, collected from parts of any size and judged before libgit2 sees them.
///
/// libgit2 believes the object count and allocates for it: 12 bytes of a hostile server can demand 48 GiB.
struct PackHeader {
  private static let byteCount = 12
  private var bytes: [UInt8] = []
  /// Set as soon as the header is complete.
  private(set) var objectCount: Int?

  /// Takes what it still needs from the front of `part`.
  /// - Throws: `packCorrupt` when this is no pack, `limitExceeded` when it holds more objects than allowed.
  mutating func feed(_ part: UnsafeRawBufferPointer, maximumObjects: Int) throws(GitError) {
    guard objectCount == nil else { return }
    bytes.append(contentsOf: part.prefix(Self.byteCount - bytes.count))
    guard bytes.count == Self.byteCount else { return }
    guard bytes.starts(with: "PACK".utf8) else { throw Self.corrupt("these bytes are not a pack") }
    let version = Self.number(bytes[4..<8])
    // Version 3 was never written by any git; nothing is lost by refusing it.
    guard version == 2 else { throw Self.corrupt("pack version \(version)") }
    let count = Self.number(bytes[8..<12])
    guard count <= maximumObjects else {
      throw GitError(
        code: .limitExceeded, operation: "index pack",
        message: "the pack has \(count) objects, the limit is \(maximumObjects)")
    }
    objectCount = count
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  private static func corrupt(_ message: String) -> GitError {
    GitError(code: .packCorrupt, operation: "index pack", message: message)
  }
}

/// Which files of a directory are one indexer's, so that what it leaves can be removed and nothing else.
struct StagedPackFiles {
  private let directory: String
  /// Files that existed before the indexer: never touched.
  private let others: Set<String>

  /// Looks at the directory; to be made before the indexer.
  init(_ directory: String) {
    self.directory = directory
    others = Self.names(directory)
  }

  /// libgit2's temporary pack, once the indexer exists; `nil` should it not be found.
  func temporaryPack() -> String? {
    Self.names(directory).first { $0.hasPrefix("pack_git2_") && !others.contains($0) }.map { "\(directory)/\($0)" }
  }

  /// Removes the leftovers of an unfinished indexer: an index is renamed before its pack is. The temporary files
  /// libgit2 removes itself.
  /// - Parameter name: the pack's, once libgit2 has computed it; empty before.
  func remove(name: String) {
    guard !name.isEmpty else { return }
    for file in ["pack-\(name).idx", "pack-\(name).pack"] where !others.contains(file) {
      PathText.withCString("\(directory)/\(file)") { unlink($0) }
    }
  }

  private static func names(_ directory: String) -> Set<String> {
    var names: Set<String> = []
    guard let listing = PathText.withCString(directory, { opendir($0) }) else { return names }
    defer { closedir(listing) }
    while let entry = readdir(listing) { names.insert(entry.name) }
    return names
  }
}
