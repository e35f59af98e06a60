internal import CLibgit2
package import GitValues

/// Makes a pack of objects: libgit2's `git_packbuilder`, on one thread.
///
/// Use from one thread at a time. Memory: about 150 bytes for each object, and deltas of up to 256 MB.
package final class PackBuilder {
  /// What libgit2 says about the objects; all else that is thrown comes from the closures.
  package struct Failure: Error {
    package let error: GitError
  }

  private let objects: ObjectDatabase
  private let repository: OpaquePointer
  private let handle: OpaquePointer
  private let checkpoint: () throws -> Void
  private var thrown: (any Error)?

  /// A builder without objects.
  ///
  /// Corresponds to `git_packbuilder_new`.
  /// - Parameter checkpoint: asked about twice a second while objects are collected and compressed; may throw to stop.
  package init(_ objects: ObjectDatabase, checkpoint: @escaping () throws -> Void) throws(Failure) {
    var repository: OpaquePointer?
    var status = git_repository_wrap_odb(&repository, objects.handle)
    guard status == 0, let repository else { throw Failure(error: .last(status, "git_repository_wrap_odb")) }
    var builder: OpaquePointer?
    status = git_packbuilder_new(&builder, repository)
    guard status == 0, let builder else {
      let error = GitError.last(status, "git_packbuilder_new")
      git_repository_free(repository)
      throw Failure(error: error)
    }
    self.objects = objects
    self.repository = repository
    self.checkpoint = checkpoint
    handle = builder
    git_packbuilder_set_threads(builder, 1)
    git_packbuilder_set_callbacks(
      builder, { _, _, _, payload in PackBuilder.from(payload).passCheckpoint() },
      Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    git_packbuilder_free(handle)
    git_repository_free(repository)
  }

  /// Objects that were added so far.
  package var count: Int { git_packbuilder_object_count(handle) }

  /// Adds all that the tips reach and `known` do not; the latter must all be there.
  ///
  /// Corresponds to `git_packbuilder_insert_walk`, with tags and objects outside of history by
  /// `git_packbuilder_insert_recur`.
  /// - Throws: `Failure` (notFound for an object that is missing), the checkpoint's errors.
  package func insert(reachableFrom tips: [ObjectID], not known: [ObjectID]) throws {
    do {
      let walk = try RevisionWalk(objects)
      for oid in known { if let commit = try commit(at: oid) { try walk.hide(commit) } }
      for oid in tips { if let commit = try commit(at: oid, adding: true) { try walk.push(commit) } }
      try answer(git_packbuilder_insert_walk(handle, walk.handle), "git_packbuilder_insert_walk")
    } catch let error as GitError {
      throw Failure(error: error)
    }
  }

  /// Adds one object; one that is in already counts once.
  ///
  /// Corresponds to `git_packbuilder_insert`.
  package func insert(_ oid: ObjectID) throws {
    do {
      try insert(oid, with: git_packbuilder_insert, "git_packbuilder_insert")
    } catch let error as GitError {
      throw Failure(error: error)
    }
  }

  /// The commit that an oid is or leads to. Tags on the way, and a tree or blob at its end, are added by themselves.
  private func commit(at start: ObjectID, adding: Bool = false) throws -> ObjectID? {
    var oid = start
    while let header = try objects.header(of: oid) {
      switch header.type {
      case .commit: return oid
      case .tag:
        if adding { try insert(oid, with: git_packbuilder_insert, "git_packbuilder_insert") }
        guard let target = try objects.read(oid, { _, bytes in try TagParser(bytes).target }) else { break }
        oid = target
        continue
      case .tree, .blob:
        if adding { try insert(oid, with: git_packbuilder_insert_recur, "git_packbuilder_insert_recur") }
        return nil
      }
      break
    }
    throw GitError(code: .notFound, operation: "pack objects", subject: start.hex, message: "object \(oid) is missing")
  }

  private func insert(
    _ oid: ObjectID, with call: (OpaquePointer?, UnsafePointer<git_oid>?, UnsafePointer<CChar>?) -> Int32,
    _ name: StaticString
  ) throws {
    var id = oid.gitOID
    try answer(call(handle, &id, nil), name)
  }

  /// Hands over the pack, part by part. The bytes are lent.
  ///
  /// Corresponds to `git_packbuilder_foreach`.
  /// - Throws: `Failure`, what the checkpoint and `receive` throw.
  package func write(_ receive: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withoutActuallyEscaping(receive) { receive in
      let delivery = Delivery(receive)
      let status = git_packbuilder_foreach(
        handle, { bytes, count, payload in Delivery.from(payload).deliver(bytes, count) },
        Unmanaged.passUnretained(delivery).toOpaque())
      if let error = delivery.thrown { throw error }
      do { try answer(status, "git_packbuilder_foreach") } catch let error as GitError { throw Failure(error: error) }
    }
  }

  private func answer(_ status: Int32, _ call: StaticString) throws {
    guard status < 0 else { return }
    let error = GitError.last(status, call)
    if let thrown { throw thrown }
    throw error
  }

  private func passCheckpoint() -> Int32 {
    do {
      try checkpoint()
      return 0
    } catch {
      thrown = error
      return GIT_EUSER.rawValue
    }
  }

  /// libgit2 holds the builder unretained, and forgets it with the handle.
  private static func from(_ payload: UnsafeMutableRawPointer?) -> PackBuilder {
    guard let payload else { preconditionFailure("libgit2 returns the payload that it was given") }
    return Unmanaged.fromOpaque(payload).takeUnretainedValue()
  }
}

/// Carries a closure through C and its error back out.
private final class Delivery {
  private let receive: (UnsafeRawBufferPointer) throws -> Void
  private(set) var thrown: (any Error)?

  init(_ receive: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.receive = receive }

  func deliver(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int32 {
    do {
      try receive(UnsafeRawBufferPointer(start: bytes, count: count))
      return 0
    } catch {
      thrown = error
      return GIT_EUSER.rawValue
    }
  }

  static func from(_ payload: UnsafeMutableRawPointer?) -> Delivery {
    guard let payload else { preconditionFailure("libgit2 returns the payload that it was given") }
    return Unmanaged.fromOpaque(payload).takeUnretainedValue()
  }
}
