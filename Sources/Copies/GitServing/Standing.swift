internal import DurableFiles
internal import Git
internal import RefStore
internal import SystemPackage

/// What a repository is at the moment of a request. Blocks its thread; used once.
struct Standing {
  private let served: ServedRepository
  /// `nil` for one that only git can read: SHA-256, refs in other forms than files.
  private let repository: Repository?

  /// Maximum bytes of a request that are parsed for `ls-refs`; no site sends so many prefixes.
  private static let listingBytes = 1 << 20

  /// - Throws: `GitError`: notARepository, notOwned.
  init(of served: ServedRepository) throws {
    self.served = served
    let files = RealFileSystem()
    var trusted: Set<UInt32> = []
    if served.trustsOwner, let owner = try files.status(of: served.path)?.owner { trusted.insert(owner) }
    do {
      repository = try Repository.openBare(at: served.path.string, trustedOwners: trusted)
    } catch {
      guard [.unsupportedObjectFormat, .unsupportedExtension].contains(error.code) else { throw error }
      repository = nil
    }
  }

  /// True when we read its refs as git does.
  var isPlain: Bool { repository.map { !$0.traits.isShallow } ?? false }

  /// The answer to a listing; `nil` when git is to answer.
  func announcement(
    answering spool: RequestSpool, header: ProtocolHeader, settings: GitServingSettings
  ) throws -> RefAnnouncement? {
    guard served.showsHiddenRefs, header.version == 2, isPlain, let repository,
      let request = try spool.contents(limit: Self.listingBytes).flatMap(ListingRequest.init)
    else { return nil }
    let files = RealFileSystem()
    // The refs first, then the objects: what a ref names was there before it.
    let contents = try RefReader(repository: served.path, files: files).contents()
    guard var announcement = RefAnnouncement(contents, answering: request, through: files),
      try announcement.peel(repository)
    else { return nil }
    return announcement
  }
}
