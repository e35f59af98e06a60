internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import RefStore
internal import SystemPackage
internal import WorkerPool

/// A source on this machine where no git is installed: its files are read, and libgit2 packs its objects.
///
/// Not libgit2's own local transport (1.5.1, `transports/local.c`): that lists nothing at all when one symbolic ref
/// dangles, says nothing of refs that it cannot read, and has no word about what a copy has already.
final class DiskSession: SourceSession {
  let view: RefView
  private let path: String
  private let objectsDirectory: String
  private let maximumPackBytes: Int
  private let cancellation: CancellationFlag
  private let deadline: Deadline

  /// Opens the repository and reads its refs.
  ///
  /// - Throws: `TransportError` as for upload-pack; git_missing where only git can determine the visible refs.
  init(_ path: String, maximumPackBytes: Int, cancellation: CancellationFlag, deadline: Deadline) throws {
    self.path = path
    self.maximumPackBytes = maximumPackBytes
    self.cancellation = cancellation
    self.deadline = deadline
    let location = try LocalRepositoryPath(source: path)
    guard let root = location.commonDirectory else {
      throw Self.error(.sourceNotARepository, "not a git repository", hint: "check the path", path)
    }
    do {
      let repository = try Repository.openBare(at: root)
      guard !repository.traits.isPartial else {
        throw Self.error(.unsupportedSource, "it is a partial clone: objects are missing from it", hint: nil, path)
      }
      let configuration = repository.configuration
      // Which refs these hide is git's to say.
      guard try configuration.strings("transfer.hiderefs").isEmpty,
        try configuration.strings("uploadpack.hiderefs").isEmpty,
        !location.isLinkedWorkTree
      else {
        throw Self.error(
          .gitMissing, "it hides refs, or is a linked work tree, which only git can serve", hint: "install git", path)
      }
      objectsDirectory = repository.path + "/objects"
      view = try Self.resolved(
        try RefReader(repository: FilePath(pathText: root), files: RealFileSystem()).view(), in: repository.objects(),
        cancellation)
    } catch let error as GitError {
      throw Self.translated(error, path)
    } catch let error as RefStoreError {
      throw Self.error(.sourceUnreachable, "\(error)", hint: nil, path)
    }
  }

  /// Refs with what their tags lead to. A ref whose object is not there is not listed.
  private static func resolved(
    _ read: RefView, in objects: ObjectDatabase, _ cancellation: CancellationFlag
  ) throws -> RefView {
    var view = RefView(head: read.head, refs: RefListing(), broken: read.broken)
    for index in 0..<read.refs.count {
      if index.isMultiple(of: 1_024) { try cancellation.check() }
      let entry = read.refs[index]
      do {
        if let peeled = try objects.peel(entry.oid) {
          view.refs.append(name: entry.name, oid: entry.oid, peeled: peeled == entry.oid ? nil : peeled)
        } else {
          view.broken.append(BrokenRef(name: entry.name, reason: "its object \(entry.oid) is missing"))
        }
      } catch let error as GitError where !error.isFromSystem {
        view.broken.append(
          BrokenRef(name: entry.name, reason: "its object \(entry.oid) cannot be read: \(error.message)"))
      }
    }
    return view
  }

  func download(_ wants: [ObjectID], haves: [ObjectID], into sink: any PackSink) throws {
    do {
      // Opened again: objects that existed at the listing may be gone, and then the source must be listed again.
      let objects = try ObjectDatabase(objectsDirectory: objectsDirectory)
      let builder = try PackBuilder(objects) { [cancellation, deadline, path] in
        try cancellation.check()
        guard !deadline.hasPassed else {
          throw Self.error(.timeout, "the time allowed for the whole run is over", hint: nil, path)
        }
      }
      try builder.insert(reachableFrom: wants, not: haves.filter(objects.contains))
      var sent = 0
      try builder.write { bytes in
        sent += bytes.count
        guard sent <= maximumPackBytes else {
          throw Self.error(.limitExceeded, "the pack is longer than \(maximumPackBytes) bytes", hint: nil, path)
        }
        try sink.receive(bytes)
      }
    } catch let error as PackBuilder.Failure {
      // The source's objects, not the way to them.
      guard error.error.isFromSystem else { throw Self.corrupt(error.error, path) }
      throw Self.translated(error.error, path)
    }
  }

  func close() {}

  private static func translated(_ error: GitError, _ path: String) -> TransportError {
    switch error.code {
    case .notARepository: Self.error(.sourceNotARepository, error.message, hint: "check the path", path)
    case .notOwned:
      Self.error(.sourceAccessDenied, error.message, hint: "run as its owner", path)
    case .unsupportedObjectFormat:
      Self.error(
        .unsupportedObjectFormat, "it is a SHA-256 repository, libgit2 1.5.1 holds SHA-1 only", hint: nil, path)
    case .unsupportedExtension: Self.error(.unsupportedSource, error.message, hint: nil, path)
    case .notFound, .objectCorrupt, .malformed: corrupt(error, path)
    default: Self.error(.sourceUnreachable, error.message, hint: nil, path)
    }
  }

  private static func corrupt(_ error: GitError, _ path: String) -> TransportError {
    Self.error(.serverRefused, error.message, hint: "check the source with 'git fsck'", path, reportsCorruption: true)
  }

  private static func error(
    _ code: TransportError.Code, _ cause: String, hint: String?, _ path: String,
    reportsCorruption: Bool = false
  ) -> TransportError {
    TransportError(
      code, operation: "read", subject: path, cause: cause, hint: hint, reportsCorruption: reportsCorruption)
  }
}
