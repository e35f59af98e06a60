internal import CLibgit2
package import GitValues

/// A remote repository, listed and fetched from through libgit2, with a `RemotePort` for its transport.
///
/// Corresponds to an anonymous `git_remote`. It belongs to a staging repository that lives in memory and has no objects:
/// libgit2 drops every wanted object that its repository merely contains, reachable or not, so it must not see the
/// copy's. Wants come from the plan, whole, and the bytes of the pack go where the port puts them.
///
/// Use from one thread at a time. Dropping it disconnects.
package final class Remote {
  private let repository: OpaquePointer
  private let handle: OpaquePointer
  private let box: TransportBox

  /// Makes a remote without touching the network.
  ///
  /// The url is handed to the port as it is; libgit2 keeps it in memory only.
  /// - Throws: a url that libgit2 cannot take, which is an empty one.
  package init(url: String, port: any RemotePort) throws(GitError) {
    try Library.start()
    box = TransportBox(port)
    let repository = try Self.stagingRepository()
    var remote: OpaquePointer?
    let status = git_remote_create_anonymous(&remote, repository, url)
    guard status == 0, let remote else {
      let error = GitError.last(status, "git_remote_create_anonymous")
      git_repository_free(repository)
      throw error
    }
    self.repository = repository
    handle = remote
  }

  deinit {
    // In this order: the remote points at the repository, and its transport at the box.
    git_remote_free(handle)
    git_repository_free(repository)
    box.finish()
  }

  /// Opens the conversation. Later calls do nothing.
  ///
  /// Corresponds to `git_remote_connect_ext`.
  /// - Throws: what the port's `connect` threw.
  package func connect() throws {
    guard git_remote_connected(handle) == 0 else { return }
    var options = git_remote_connect_options()
    try check(
      git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION)),
      "git_remote_connect_options_init")
    options.callbacks.payload = Unmanaged.passUnretained(box).toOpaque()
    options.callbacks.transport = { out, _, payload in
      guard let payload else { return GIT_EINVALID.rawValue }
      return Unmanaged<TransportBox>.fromOpaque(payload).takeUnretainedValue().makeTransport(out)
    }
    try answer(git_remote_connect_ext(handle, GIT_DIRECTION_FETCH, &options), "git_remote_connect_ext")
  }

  /// What the remote has, connecting first where that has not been done.
  ///
  /// Corresponds to `git_remote_ls`.
  package func heads() throws -> RefView {
    try connect()
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    defer { box.dropList() }
    try answer(git_remote_ls(&heads, &count, handle), "git_remote_ls")
    return RemoteHeads.view(heads, count: count, broken: box.broken)
  }

  /// Fetches these objects and what they lead to, over the connection that listed.
  ///
  /// Corresponds to `git_remote_download` with a refspec for each object and tags left alone. Writes no ref, no
  /// `FETCH_HEAD`: the port has the pack.
  /// - Parameters:
  ///   - oids: asked for once each, whatever their number; none is an immediate success.
  ///   - report: called on this thread; a throw cancels and comes out.
  /// - Returns: the last progress that the port reported.
  @discardableResult
  package func download(
    _ oids: [ObjectID], report: (RemoteProgress) throws -> Void = { _ in }
  ) throws -> RemoteProgress {
    guard !oids.isEmpty else { return RemoteProgress() }
    try connect()
    var options = git_fetch_options()
    try check(git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)), "git_fetch_options_init")
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
    options.update_fetchhead = 0
    options.prune = GIT_FETCH_NO_PRUNE
    let refspecs = HexRefspecs(oids)
    try withoutActuallyEscaping(report) { report in
      try box.whileReporting(to: report) {
        defer { box.dropList() }
        var list = refspecs.list
        try answer(git_remote_download(handle, &list, &options), "git_remote_download")
      }
    }
    return git_remote_stats(handle).map { RemoteProgress($0.pointee) } ?? RemoteProgress()
  }

  /// Ends the conversation. The remote cannot be used after that.
  ///
  /// Corresponds to `git_remote_disconnect`.
  package func disconnect() {
    git_remote_disconnect(handle)
    box.finish()
  }

  /// The port's own error where it was the port that failed.
  private func answer(_ status: Int32, _ call: StaticString) throws {
    guard status < 0 else { return }
    let error = GitError.last(status, call)
    throw box.takeFailure() ?? error
  }

  /// No directory, no objects, no configuration.
  private static func stagingRepository() throws(GitError) -> OpaquePointer {
    let objects = try ObjectDatabase()
    var wrapped: OpaquePointer?
    // The repository takes its own reference to the database.
    try check(git_repository_wrap_odb(&wrapped, objects.handle), "git_repository_wrap_odb")
    let repository = try required(wrapped, "git_repository_wrap_odb")
    var configuration: OpaquePointer?
    defer { git_config_free(configuration) }
    // Given an empty one, libgit2 looks for no configuration of the user.
    if git_config_new(&configuration) == 0, git_repository_set_config(repository, configuration) == 0 {
      return repository
    }
    let error = GitError.last(GitError.Code.generic.rawValue, "git_repository_set_config")
    git_repository_free(repository)
    throw error
  }
}

/// What must stand behind libgit2's remote: the other half of its transport socket, in Swift.
///
/// Called on the thread that drives the `Remote`, one call at a time, in the order of the declarations; `connect` at
/// most once, `negotiate` and `downloadPack` in pairs, `close` once and last, also after a failure. Whatever it throws
/// comes out of the `Remote` as the same value.
package protocol RemotePort: AnyObject {
  /// Opens the conversation and lists the refs.
  func connect(to url: String) throws
  /// Returns the listed refs. Broken refs are passed on as they are.
  func view() throws -> RefView
  /// Says which objects are wanted: each once, never none.
  func negotiate(wants: [ObjectID]) throws
  /// Transfers the pack. `report` may throw to cancel; that error must be let through.
  func downloadPack(_ report: (RemoteProgress) throws -> Void) throws
  /// Ends the conversation. Must not fail: no caller is left that could handle an error.
  func close()
}

/// How far a download is, as libgit2 counts it.
package struct RemoteProgress: Hashable, Sendable {
  package var totalObjects: Int
  package var receivedObjects: Int
  /// Objects whose id is computed.
  package var indexedObjects: Int
  package var totalDeltas: Int
  package var indexedDeltas: Int
  package var receivedBytes: Int

  package init(
    totalObjects: Int = 0, receivedObjects: Int = 0, indexedObjects: Int = 0, totalDeltas: Int = 0,
    indexedDeltas: Int = 0, receivedBytes: Int = 0
  ) {
    self.totalObjects = totalObjects
    self.receivedObjects = receivedObjects
    self.indexedObjects = indexedObjects
    self.totalDeltas = totalDeltas
    self.indexedDeltas = indexedDeltas
    self.receivedBytes = receivedBytes
  }
}

extension RemoteProgress {
  init(_ stats: git_indexer_progress) {
    self.init(
      totalObjects: Int(stats.total_objects), receivedObjects: Int(stats.received_objects),
      indexedObjects: Int(stats.indexed_objects), totalDeltas: Int(stats.total_deltas),
      indexedDeltas: Int(stats.indexed_deltas), receivedBytes: stats.received_bytes)
  }

  /// libgit2 counts objects in 32 bits; a count beyond that is shown as the largest.
  func store(in stats: inout git_indexer_progress) {
    stats.total_objects = UInt32(clamping: totalObjects)
    stats.received_objects = UInt32(clamping: receivedObjects)
    stats.indexed_objects = UInt32(clamping: indexedObjects)
    stats.total_deltas = UInt32(clamping: totalDeltas)
    stats.indexed_deltas = UInt32(clamping: indexedDeltas)
    stats.received_bytes = max(0, receivedBytes)
  }
}

/// Object ids as a list of refspecs, all text in one allocation. Each id once, in the order of first appearance.
final class HexRefspecs {
  private let text: UnsafeMutablePointer<CChar>
  private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ oids: [ObjectID]) {
    var seen = Set<ObjectID>(minimumCapacity: oids.count)
    let distinct = oids.filter { seen.insert($0).inserted }
    count = distinct.count
    let stride = ObjectID.hexCount + 1
    text = .allocate(capacity: max(1, count * stride))
    pointers = .allocate(capacity: max(1, count))
    var hex: [UInt8] = []
    for (index, oid) in distinct.enumerated() {
      hex.removeAll(keepingCapacity: true)
      oid.appendHex(to: &hex)
      hex.append(0)
      for (offset, digit) in hex.enumerated() { text[index * stride + offset] = CChar(bitPattern: digit) }
      pointers.advanced(by: index).initialize(to: text + index * stride)
    }
  }

  deinit {
    text.deallocate()
    pointers.deallocate()
  }

  /// Borrowed: valid as long as this object.
  var list: git_strarray { git_strarray(strings: pointers, count: count) }
}
