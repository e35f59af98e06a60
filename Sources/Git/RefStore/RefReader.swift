package import DurableFiles
package import GitValues
package import SystemPackage

/// Reads the refs of a bare repository from its files, strictly: what cannot be read is named, never skipped.
///
/// libgit2's own iterator drops loose refs that it cannot parse without a word, so a checksum over it could call a
/// damaged repository equal; and it reads packed-refs before the loose files, so a ref that is being packed can be
/// missed. Here loose files are read first, as git does.
package struct RefReader: Sendable {
  private let repository: FilePath
  private let files: any FileSystemPort

  package init(repository: FilePath, files: any FileSystemPort) {
    self.repository = repository
    self.files = files
  }

  /// The repository's files as they are, before anything is resolved.
  package struct Contents: Sendable {
    package var head: LooseRef
    package var loose: LooseRefs
    package var packed: PackedRefs
    package var packedStatus: FileStatus?
    package var headStatus: FileStatus?
  }

  /// The complete ref view.
  package func view() throws(RefStoreError) -> RefView { Self.resolve(try contents()) }

  /// Returns the complete ref view; `nil`, without reading packed-refs, when the loose refs suffice for the caller.
  package func view(unless isTold: (LooseRefs) -> Bool) throws(RefStoreError) -> RefView? {
    try contents(unless: isTold).map(Self.resolve)
  }

  /// Reads HEAD, the loose refs and packed-refs, in this order, until packed-refs stayed the same meanwhile and no name
  /// turned from a file into a directory or back.
  package func contents() throws(RefStoreError) -> Contents {
    guard let contents = try contents(unless: { _ in false }) else {
      preconditionFailure("a reading that nothing stops was stopped")
    }
    return contents
  }

  private func contents(unless isTold: (LooseRefs) -> Bool) throws(RefStoreError) -> Contents? {
    for _ in 0..<Self.readings {
      do {
        let before = try files.status(of: packedPath)
        guard let headStatus = try files.status(of: headPath) else {
          throw RefStoreError.notARepository(path: repository.string)
        }
        let head = try readHead(headStatus)
        let loose = try LooseRefs.read(repository: repository, through: files)
        if isTold(loose) { return nil }
        let bytes = try files.contents(of: packedPath, limit: Self.maximumPackedBytes)
        guard try files.status(of: packedPath) == before else { continue }
        return Contents(
          head: head, loose: loose, packed: bytes.map(PackedRefs.init(parsing:)) ?? PackedRefs(), packedStatus: before,
          headStatus: headStatus)
      } catch let error as RefStoreError {
        throw error
      } catch let error as FileError {
        if [.isDirectory, .notDirectory].contains(error.code) { continue }
        throw .file(error)
      } catch {
        preconditionFailure("only RefStoreError and FileError are thrown here")
      }
    }
    throw .changing(path: repository.string)
  }

  private func readHead(_ status: FileStatus) throws -> LooseRef {
    guard status.kind == .regular else { return .broken("not a regular file") }
    guard let bytes = try files.contents(of: headPath, limit: 1 << 16) else { return .broken("vanished") }
    return LooseRef(parsing: bytes)
  }

  private var headPath: FilePath { repository.appending("HEAD") }
  private var packedPath: FilePath { repository.appending("packed-refs") }
  private static var readings: Int { 5 }
  /// Four GiB hold 60 million refs; a bigger file is not one that a copy should load.
  private static var maximumPackedBytes: Int { 4 << 30 }

  /// Merges loose over packed refs, resolves symbolic refs, and lists broken refs.
  package static func resolve(_ contents: Contents) -> RefView {
    var broken = contents.packed.broken + contents.loose.irregular.map { brokenRef($0.name, $0.value) }
    // readdir(3) may return a name twice while the directory changes.
    let loose = Dictionary(contents.loose.entries.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    var refs = contents.packed.refs
    if !loose.isEmpty {
      refs = contents.packed.refs.without(contents.loose.entries.map(\.name))
      for entry in contents.loose.entries {
        switch follow(entry.value, loose, contents.packed.refs) {
        case .oid(let oid, _): refs.append(name: entry.name, oid: oid)
        case .dangling: continue
        case .broken(let reason): broken.append(BrokenRef(name: entry.name, reason: reason))
        }
      }
      refs.sort()
    }
    var head = Head.unknown
    switch (contents.head, follow(contents.head, loose, contents.packed.refs)) {
    case (.direct(let oid), _): head = .detached(oid)
    case (.symbolic, .oid(let oid, let target?)): head = .symbolic(target: target, oid: oid)
    case (.symbolic, .dangling(let target)): head = .unborn(target: target)
    case (_, .broken(let reason)): broken.append(BrokenRef(name: .head, reason: reason))
    case (.symbolic, .oid(_, nil)), (.broken, _): broken.append(BrokenRef(name: .head, reason: "unreadable content"))
    }
    return RefView(head: head, refs: refs, broken: broken)
  }

  private static func brokenRef(_ name: ReferenceName, _ value: LooseRef) -> BrokenRef {
    if case .broken(let reason) = value { return BrokenRef(name: name, reason: reason) }
    return BrokenRef(name: name, reason: "invalid name")
  }

  private enum Resolution {
    /// The value, and the last name on the way to it when it was symbolic.
    case oid(ObjectID, through: ReferenceName?)
    case dangling(ReferenceName)
    case broken(String)
  }

  private static func follow(_ start: LooseRef, _ loose: [ReferenceName: LooseRef], _ packed: RefListing) -> Resolution
  {
    var value = start
    var last: ReferenceName?
    for _ in 1..<maximumRefsInChain {
      switch value {
      case .direct(let oid): return .oid(oid, through: last)
      case .broken(let reason): return .broken(reason)
      case .symbolic(let target):
        last = target
        guard let next = loose[target] ?? packed.oid(of: target).map(LooseRef.direct) else { return .dangling(target) }
        value = next
      }
    }
    // The last that git reads: it must not lead any further.
    if case .direct(let oid) = value { return .oid(oid, through: last) }
    if case .broken(let reason) = value { return .broken(reason) }
    return .broken("symbolic refs lead in a circle or too far")
  }

  /// git's SYMREF_MAXDEPTH: it reads no more refs than this for one name, the first and the last included.
  private static var maximumRefsInChain: Int { 5 }
}

/// Why the refs of a repository could not be read at all. Single refs that cannot be read are `BrokenRef`s, not errors.
package enum RefStoreError: Error, Sendable {
  /// The directory has no `HEAD` or no `refs/`.
  case notARepository(path: String)
  /// The refs are kept in a format that only git reads.
  case unsupportedFormat(path: String, format: String)
  /// `packed-refs` changed at each of several readings in a row.
  case changing(path: String)
  case file(FileError)
}

extension RefStoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notARepository(let path):
      "read refs of '\(path)': not a bare git repository; name the directory that holds HEAD"
    case .unsupportedFormat(let path, let format):
      "read refs of '\(path)': refs are kept as \(format), which Remora cannot read; convert them to the files format"
    case .changing(let path): "read refs of '\(path)': packed-refs changed during each of several readings; try again"
    case .file(let error): "\(error)"
    }
  }
}
