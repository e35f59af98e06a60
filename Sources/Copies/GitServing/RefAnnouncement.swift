internal import DurableFiles
internal import Git
internal import GitProtocol
internal import GitValues
internal import RefStore
internal import SystemPackage

/// The answer to `ls-refs`, line for line as git 2.39's upload-pack gives it (ls-refs.c), read from the ref files.
///
/// A ref that cannot be read has the null oid, as there, and dangling symbolic refs are left out, as there. Stricter
/// than git: a symbolic ref that leads to a broken one or in a circle has the null oid too, for the repository has no
/// checksum with it.
struct RefAnnouncement: Sendable {
  private let request: ListingRequest
  private(set) var refs: RefListing
  /// Where symbolic refs below `refs/` lead in the end.
  private var targets: [ReferenceName: ReferenceName] = [:]
  private let head: Head
  private var peeledHead: ObjectID?
  /// Names that were not peeled when packed-refs was written.
  private var unpeeled: Unpeeled

  private enum Unpeeled {
    case all
    case only([ReferenceName])
  }

  /// - Returns: `nil` where only git can interpret the files: a damaged `packed-refs`, a `HEAD` that is no text, a ref
  ///   that is a symbolic link.
  init?(_ contents: RefReader.Contents, answering request: ListingRequest, through files: some FileSystemPort) {
    if case .broken = contents.head { return nil }
    for entry in contents.loose.irregular where entry.name.isValid {
      // What cannot be looked at either is git's affair like a link.
      guard let status = try? files.status(of: entry.path), status.kind != .symbolicLink else { return nil }
    }
    let view = RefReader.resolve(contents)
    self.request = request
    head = view.head
    refs = view.refs
    unpeeled = contents.packed.isFullyPeeled ? .only(contents.loose.entries.map(\.name)) : .all
    for broken in view.broken where broken.name != .head {
      guard Self.canBeLine(broken.name) else { return nil }
      // A loose ref stands before a packed one that is broken.
      if view.refs.index(of: broken.name) == nil { refs.append(name: broken.name, oid: .zero) }
    }
    refs.sort()
    noteTargets(contents.loose)
  }

  /// Lines of packed-refs that could not be taken apart are no names.
  private static func canBeLine(_ name: ReferenceName) -> Bool {
    name.bytes.starts(with: ReferenceName.refsPrefix) && name.bytes.count < 60_000 && !name.bytes.contains(0)
  }

  private mutating func noteTargets(_ loose: LooseRefs) {
    var symbolic: [ReferenceName: ReferenceName] = [:]
    for entry in loose.entries {
      if case .symbolic(let target) = entry.value { symbolic[entry.name] = target }
    }
    for name in symbolic.keys where refs.oid(of: name)?.isZero == false {
      // It resolves, so the chain is short and no circle.
      var target = name
      while let next = symbolic[target] { target = next }
      targets[name] = target
    }
  }

  /// Follows the tags that were not followed yet.
  ///
  /// - Returns: false when there is something to follow in borrowed objects, which git reads better.
  mutating func peel(_ repository: Repository) throws(GitError) -> Bool {
    guard request.peels else { return true }
    let indices: [Int]
    switch unpeeled {
    case .all: indices = refs.indices.filter { refs.peeled(at: $0) == nil }
    case .only(let names): indices = names.compactMap { refs.index(of: $0) }
    }
    guard !indices.isEmpty || head.oid != nil else { return true }
    if case .symbolic(let target, _) = head, let index = refs.index(of: target), indices.isEmpty {
      peeledHead = refs.peeled(at: index)
      return true
    }
    guard !repository.traits.hasAlternates else { return false }
    let peeler = Peeler(try repository.objects())
    for index in indices { refs.setPeeled(peeler.peeled(refs.oid(at: index)), at: index) }
    peeledHead = head.oid.flatMap(peeler.peeled)
    return true
  }

  /// The lines from the ref at `index` on, at most `count` refs of them; the first call's begin with HEAD, the last
  /// call's end with a flush.
  func packets(from index: Int, count: Int) -> [UInt8] {
    var encoder = PktLineEncoder()
    encoder.reserveCapacity(min(count, refs.count) * 80)
    if index == 0 { appendHead(to: &encoder) }
    let end = min(index + count, refs.count)
    for position in index..<end {
      refs.withName(at: position) { name in
        guard request.wants(name) else { return }
        let target = targets.isEmpty ? nil : targets[ReferenceName(bytes: Array(name))]
        line(name, refs.oid(at: position), target: target, peeled: refs.peeled(at: position), to: &encoder)
      }
    }
    if end == refs.count { encoder.flush() }
    return encoder.bytes
  }

  private func appendHead(to encoder: inout PktLineEncoder) {
    let name = ReferenceName.head.bytes
    guard name.withUnsafeBytes({ request.wants($0) }) else { return }
    switch head {
    case .symbolic(let target, let oid):
      name.withUnsafeBytes { line($0, oid, target: target, peeled: peeledHead, to: &encoder) }
    case .detached(let oid):
      name.withUnsafeBytes { line($0, oid, target: nil, peeled: peeledHead, to: &encoder) }
    case .unborn(let target):
      guard request.showsUnborn, request.showsSymbolicTargets else { return }
      encoder.line { bytes in
        bytes.append(contentsOf: "unborn HEAD symref-target:".utf8)
        bytes.append(contentsOf: target.bytes)
      }
    case .unknown: return
    }
  }

  private func line(
    _ name: UnsafeRawBufferPointer, _ oid: ObjectID, target: ReferenceName?, peeled: ObjectID?,
    to encoder: inout PktLineEncoder
  ) {
    encoder.line { bytes in
      oid.appendHex(to: &bytes)
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: name)
      if let target, request.showsSymbolicTargets {
        bytes.append(contentsOf: " symref-target:".utf8)
        bytes.append(contentsOf: target.bytes)
      }
      if let peeled, request.peels {
        bytes.append(contentsOf: " peeled:".utf8)
        peeled.appendHex(to: &bytes)
      }
    }
  }
}

/// What a repository is at the moment of a request. Blocks its thread; used once.
struct RepositoryState {
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

/// Follows annotated tags to what they lead to. Used by one thread.
struct Peeler {
  private let objects: ObjectDatabase

  init(_ objects: ObjectDatabase) { self.objects = objects }

  /// No chain of tags in practice is longer; a hostile one costs no more.
  private static let maximumDepth = 100

  /// What a tag object leads to in the end; `nil` for everything else, and for what cannot be read, as git has it.
  func peeled(_ oid: ObjectID) -> ObjectID? {
    var current = oid
    for depth in 0..<Self.maximumDepth {
      // Damage and absence alike mean that there is nothing to show; the fetch will complain.
      guard let header = try? objects.header(of: current) else { return nil }
      guard header.type == .tag else { return depth == 0 ? nil : current }
      // As above.
      let target = try? objects.read(current) { _, bytes in try TagParser(bytes).target }
      guard let target else { return nil }
      current = target
    }
    return nil
  }
}
