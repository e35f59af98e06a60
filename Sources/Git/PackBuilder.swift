internal import CLibgit2
package import GitValues

/// Makes a pack of chosen objects: libgit2's `git_packbuilder`.
///
/// One thread, which is the caller's. It takes no deltas over from packs that are there: each is computed anew, all before the
/// first byte is handed out. Use from one thread at a time.
package final class PackBuilder {
  private let repository: OpaquePointer
  private let handle: OpaquePointer
  private let progress: () throws -> Void

  /// - Parameter progress: called now and then while the builder works; a throw ends it.
  package init(repository path: String, progress: @escaping () throws -> Void) throws(GitError) {
    try Library.start()
    self.progress = progress
    var opened: OpaquePointer?
    try check(git_repository_open_bare(&opened, path), "git_repository_open_bare", on: path)
    let repository = try required(opened, "git_repository_open_bare", on: path)
    var created: OpaquePointer?
    let status = git_packbuilder_new(&created, repository)
    guard status >= 0, let created else {
      let error = GitError.last(status, "git_packbuilder_new", on: path)
      git_repository_free(repository)
      throw error
    }
    self.repository = repository
    handle = created
    git_packbuilder_set_threads(handle, 1)
  }

  deinit {
    git_packbuilder_free(handle)
    git_repository_free(repository)
  }

  /// Adds one object; one that is in already counts once.
  ///
  /// Corresponds to `git_packbuilder_insert`.
  package func insert(_ oid: ObjectID) throws(GitError) {
    var id = oid.gitOID
    try check(git_packbuilder_insert(handle, &id, nil), "git_packbuilder_insert", on: oid.hex)
  }

  /// Hands the pack over, byte by byte.
  ///
  /// Corresponds to `git_packbuilder_foreach`.
  /// - Throws: what `take` or the progress closure throws, and `GitError`.
  package func write(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withoutActuallyEscaping(take) { take in
      let call = Call(take: take, progress: progress)
      let payload = Unmanaged.passUnretained(call).toOpaque()
      try check(
        git_packbuilder_set_callbacks(handle, { _, _, _, payload in Call.of(payload).report() }, payload),
        "git_packbuilder_set_callbacks")
      let status = git_packbuilder_foreach(
        handle,
        { bytes, count, payload in Call.of(payload).receive(UnsafeRawBufferPointer(start: bytes, count: count)) },
        payload)
      // Before the call goes away.
      git_packbuilder_set_callbacks(handle, nil, nil)
      if let failure = call.failure { throw failure }
      try check(status, "git_packbuilder_foreach")
    }
  }

  /// What the C callbacks find behind their payload, alive for one call.
  private final class Call {
    let take: (UnsafeRawBufferPointer) throws -> Void
    let progress: () throws -> Void
    var failure: (any Error)?

    init(take: @escaping (UnsafeRawBufferPointer) throws -> Void, progress: @escaping () throws -> Void) {
      self.take = take
      self.progress = progress
    }

    static func of(_ payload: UnsafeMutableRawPointer?) -> Call {
      guard let payload else { preconditionFailure("libgit2 lost the payload") }
      return Unmanaged<Call>.fromOpaque(payload).takeUnretainedValue()
    }

    func report() -> Int32 { answer(progress) }

    func receive(_ part: UnsafeRawBufferPointer) -> Int32 { answer { try take(part) } }

    private func answer(_ body: () throws -> Void) -> Int32 {
      guard failure == nil else { return GIT_EUSER.rawValue }
      do {
        try body()
        return 0
      } catch {
        failure = error
        return GIT_EUSER.rawValue
      }
    }
  }
}
