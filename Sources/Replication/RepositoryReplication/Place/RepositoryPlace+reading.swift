internal import DurableFiles
internal import GitValues
internal import Mirroring
internal import RefStore
internal import Replication
internal import SystemPackage

extension RepositoryPlace {
  /// The directory of an id, without links.
  ///
  /// - Throws: `StrategyError` of code `missing` where the catalog lists none.
  func directory(of id: ReplicableID) throws -> FilePath {
    switch try source(of: id) {
    case .directory(let path): return path
    case .refused(let reason): throw StrategyError(.missing, "read '\(id)': \(reason)")
    case .absent: throw StrategyError(.missing, "read '\(id)': nothing at '\(path(of: id))'")
    }
  }

  /// HEAD and every ref of the ref view (product contract § 2), read from the repository's files, without what the
  /// copy's own rules leave out.
  ///
  /// - Throws: `StrategyError` of code `missing` where nothing stands, `broken` with the names of what cannot be read.
  func listing(of id: ReplicableID) throws -> ContentListing {
    let path = try directory(of: id)
    let whole = try RepositoryReading.view(of: path, through: files)
    try rememberRoot()
    guard whole.broken.isEmpty, whole.head != .unknown else {
      let names = whole.broken.prefix(10).map { "\($0.name) (\($0.reason))" }.joined(separator: ", ")
      throw StrategyError(.broken, "read '\(id)': broken refs: \(names.isEmpty ? "HEAD" : names)")
    }
    let exclusion = try RepositoryReading.exclusion(of: path)
    return try ContentListing(of: RefView(head: whole.head, refs: exclusion.applied(to: whole.refs)), "'\(id)'")
  }

  /// What stands at the id's place.
  ///
  /// - Throws: when the root itself cannot be looked into, or looks like a disk that is not mounted: then it is unknown
  ///   whether something is gone.
  func presence(of id: ReplicableID) throws -> Presence {
    let path: FilePath
    switch try source(of: id) {
    case .directory(let found): path = found
    // Something is there that is not listed: it is not gone.
    case .refused: return .unfinished
    case .absent:
      try requireCredibleAbsence(of: id)
      return .absent
    }
    guard let status = try files.status(of: path) else {
      try requireCredibleAbsence(of: id)
      return .absent
    }
    guard status.kind == .directory, try isRepository(path) else { return .unfinished }
    try rememberRoot()
    return .present(FileIdentity(status))
  }

  private func rememberRoot() throws {
    if let status = try files.status(of: root) { knownRoot.remember(status) }
  }

  /// An empty root is accepted only for the same directory in which this process has seen a repository: then it was
  /// emptied.
  private func requireCredibleAbsence(of id: ReplicableID) throws {
    guard let status = try files.status(of: root), status.kind == .directory else {
      throw StrategyError(.fileSystem, "look at '\(id)': no directory at '\(root)'", disposition: .host)
    }
    guard !knownRoot.hasMoved(to: status) else {
      throw StrategyError(
        .fileSystem, "look at '\(id)': '\(root)' is on another device than before; is its disk mounted?",
        disposition: .host)
    }
    guard try !knownRoot.isFamiliar(status) && files.entries(of: root).allSatisfy({ Self.isOurs($0) }) else { return }
    throw StrategyError(
      .fileSystem, "look at '\(id)': '\(root)' is empty; is its disk mounted?", disposition: .host)
  }

  /// Names of ours in a directory of repositories; no part of an id begins so.
  static func isOurs(_ entry: DirectoryEntry) -> Bool { entry.nameBytes.starts(with: ".remora".utf8) }

  /// What git asks of a bare repository, without opening it.
  func isRepository(_ path: FilePath) throws -> Bool {
    guard try files.status(of: path.appending("HEAD")) != nil else { return false }
    for name in ["objects", "refs"] {
      // git follows a link here.
      switch try files.status(of: path.appending(name))?.kind {
      case .directory, .symbolicLink: continue
      default: return false
      }
    }
    return true
  }
}

extension FileIdentity {
  /// Device, inode and birth.
  init(_ status: FileStatus) {
    let birth = status.born.map { $0.seconds * 1_000_000_000 + Int64($0.nanoseconds) } ?? 0
    self.init(device: status.device, inode: status.inode, birth: birth)
  }
}

extension ContentListing {
  /// HEAD and every ref of a ref view (product contract § 2), with their checksum. A HEAD that is unknown (protocol v0, unborn)
  /// is left out of comparisons, and then there is no checksum.
  ///
  /// - Throws: `StrategyError` of code `broken` with the names of refs that cannot be read.
  init(of view: RefView, _ subject: String) throws {
    guard view.broken.isEmpty else {
      let names = view.broken.prefix(10).map { "\($0.name) (\($0.reason))" }.joined(separator: ", ")
      throw StrategyError(.broken, "read \(subject): broken refs: \(names)")
    }
    self.init()
    switch view.head {
    case .symbolic(let target, _), .unborn(let target): append(name: "HEAD".utf8, value: "ref: \(target)".utf8)
    case .detached(let oid): append(name: "HEAD".utf8, value: oid.hex.utf8)
    case .unknown: unknownNames = ["HEAD"]
    }
    for index in 0..<view.refs.count {
      view.refs.withName(at: index) { append(name: $0, value: view.refs.oid(at: index).hex.utf8) }
    }
    if unknownNames.isEmpty { checksum = Checksum(RefsChecksum.sha256.digest(of: view)) }
  }
}
