package import DurableFiles
package import Foundation
internal import Git
package import GitValues
package import Mirroring
internal import RefStore
package import SystemPackage
package import WorkerPool

/// Brings one ref as a copy had it at a moment, with all that it reaches, into another repository or into a bundle.
///
/// A repository gets its objects before its ref; a crash between the two leaves objects that its own gc removes. A
/// bundle gets its name when it is whole. The copy is only read.
package struct RefRestoration {
  /// What came of it.
  package struct Outcome: Sendable {
    /// The full name that the ref had in the copy.
    package let ref: ReferenceName
    package let oid: ObjectID
    /// The full name that it has now.
    package let name: ReferenceName
    /// Whether its value at the moment is certain, see `CopyMoment`.
    package let isCertain: Bool
    /// Objects that were brought.
    package let objects: Int
  }

  private let copy: FilePath
  private let files: any FileSystemPort
  private let cancellation: CancellationFlag

  package init(
    of copy: FilePath, through files: any FileSystemPort = RealFileSystem(), cancellation: CancellationFlag
  ) {
    self.copy = copy
    self.files = files
    self.cancellation = cancellation
  }

  /// - Parameters:
  ///   - ref: full or short name, or HEAD.
  ///   - name: full name, or a short one: of a tag where the ref was one, else of a branch.
  ///   - destination: a repository that is no copy of Remora's, or a file to be made whose name ends in `.bundle`.
  package func execute(
    _ ref: String, at moment: Date, now: Date, as name: String, into destination: FilePath
  ) throws(MirrorError) -> Outcome {
    do {
      let state = try CopyMoment.read(copy, at: moment, now: now, through: files)
      let (found, oid) = try Self.value(of: ref, in: state, copy)
      let objects = try ObjectDatabase(objectsDirectory: CopyLayout(root: copy).objects.pathText)
      try requireWhole(oid, found, in: objects)
      let new = try Self.newName(name, for: found, at: oid, in: objects)
      let count =
        try destination.extension == "bundle" && files.status(of: destination)?.kind != .directory
        ? writeBundle(objects, oid, new, to: destination) : restore(objects, oid, new, into: destination)
      return Outcome(
        ref: found, oid: oid, name: new, isCertain: !state.uncertain.contains(found), objects: count)
    } catch {
      throw translated(error, destination)
    }
  }

  private func translated(_ error: any Error, _ destination: FilePath) -> MirrorError {
    switch error {
    case is Cancelled: MirrorError(.cancelled, "restore from '\(copy)': \(error)", hint: "no ref was made")
    case let failure as PackBuilder.Failure: MirrorError(failure.error, "restore from", copy.string)
    default: MirrorError(error, "restore into", destination.string)
    }
  }

  private static func value(
    of ref: String, in moment: CopyMoment, _ copy: FilePath
  ) throws -> (ReferenceName, ObjectID) {
    let unknown = MirrorError(
      .momentUnknown, "restore '\(ref)' from '\(copy)': the copy had no such ref at that moment",
      hint: "'remora history' shows when it had one")
    if ref == "HEAD" {
      guard let line = moment.head.map({ String(decoding: $0, as: UTF8.self) }) else { throw unknown }
      if let oid = ObjectID(hex: Array(line.utf8)) { return (.head, oid) }
      let target = ReferenceName(String(line.dropFirst("ref: ".count)))
      guard let oid = moment.refs.oid(of: target) else { throw unknown }
      return (target, oid)
    }
    let found = CopyHistory.names(ref).compactMap { name in moment.refs.oid(of: name).map { (name, $0) } }
    guard let first = found.first else { throw unknown }
    guard found.count == 1 else {
      let names = found.map { "\($0.0)" }.sorted().joined(separator: ", ")
      throw MirrorError(.invalidName, "restore '\(ref)': it may mean \(names)", hint: "give the full name")
    }
    return first
  }

  /// A short name is that of a tag where the ref was one, else of a branch.
  private static func newName(
    _ name: String, for ref: ReferenceName, at oid: ObjectID, in objects: ObjectDatabase
  ) throws -> ReferenceName {
    let namespace = ref.bytes.starts(with: "refs/tags/".utf8) ? "refs/tags/" : "refs/heads/"
    let new = ReferenceName(name.hasPrefix("refs/") ? name : namespace + name)
    guard new.isValid else {
      throw MirrorError(
        .invalidName, "restore '\(ref)' as '\(name)': git takes no such name", hint: "name a branch, or a full ref")
    }
    let isCommit = try objects.header(of: oid)?.type == .commit
    guard isCommit || !new.bytes.starts(with: "refs/heads/".utf8) else {
      throw MirrorError(
        .invalidName, "restore '\(ref)' as '\(new)': it is no commit, and branches are",
        hint: "name it below refs/tags/")
    }
    return new
  }

  private func requireWhole(_ oid: ObjectID, _ ref: ReferenceName, in objects: ObjectDatabase) throws {
    var walk = CompleteWalk(objects) { [cancellation] _ in try cancellation.check() }
    guard let gap = try walk.gap(below: oid) else { return }
    throw MirrorError(
      .momentUnknown, "restore '\(ref)' (\(oid)) from '\(copy)': its object \(gap.oid) is no longer there",
      hint: "its retention has passed, or the copy is damaged: run 'remora check'")
  }

  private func builder(_ objects: ObjectDatabase) throws -> PackBuilder {
    try PackBuilder(objects) { [cancellation] in try cancellation.check() }
  }

  // MARK: Into a bundle

  /// Format: gitformat-bundle(5), version 2, without prerequisites.
  private func writeBundle(
    _ objects: ObjectDatabase, _ oid: ObjectID, _ name: ReferenceName, to path: FilePath
  ) throws -> Int {
    guard try files.status(of: path) == nil else {
      throw MirrorError(.destinationNotEmpty, "write '\(path)': it is there already", hint: "name a new file")
    }
    let builder = try builder(objects)
    try builder.insert(reachableFrom: [oid], not: [])
    let growing = path.removingLastComponent().appending(".remora-\(path.lastComponent?.string ?? "bundle")")
    // What a dead run left; two at once for one name make one of them fail below.
    if try files.status(of: growing) != nil { try files.unlink(growing) }
    let file = try files.create(growing, permissions: .ownerReadWriteGroupOtherRead)
    do {
      try file.write(Array("# v2 git bundle\n\(oid) ".utf8) + name.bytes + Array("\n\n".utf8))
      try builder.write { try file.write(Array($0)) }
      try file.synchronize()
      try file.close()
      // Not renamed: a file that came meanwhile is not replaced.
      try files.link(growing, to: path)
    } catch {
      // The first error is thrown; the next run removes leftovers.
      try? file.close()
      try? files.unlink(growing)
      throw error
    }
    try files.unlink(growing)
    try files.synchronizeDirectory(path.removingLastComponent())
    return builder.count
  }

  // MARK: Into a repository

  private func restore(
    _ objects: ObjectDatabase, _ oid: ObjectID, _ name: ReferenceName, into path: FilePath
  ) throws -> Int {
    let dotGit = path.appending(".git")
    let root = try files.status(of: dotGit)?.kind == .directory ? dotGit : path
    let layout = CopyLayout(root: root)
    guard try files.status(of: layout.objects)?.kind == .directory else {
      throw MirrorError(
        .notARepository, "restore into '\(path)': it is no repository", hint: "name one, or a file that ends in .bundle"
      )
    }
    guard try files.status(of: layout.journal) == nil else {
      throw MirrorError(
        .destinationIsACopy, "restore into '\(path)': it is a copy, which is to be what its source is",
        hint: "name another repository, and push from there")
    }
    let repository = try Repository.openBare(at: root.pathText)
    let known = try RefReader(repository: root, files: files).view().refs
    if let there = known.oid(of: name) {
      guard there == oid else {
        throw MirrorError(
          .destinationNotEmpty, "restore into '\(path)': it has '\(name)' already, at \(there)",
          hint: "name it otherwise with --as")
      }
      return 0
    }
    if let other = known.first(where: { Self.collide($0.name, name) }) {
      throw MirrorError(
        .destinationNotEmpty, "restore into '\(path)': '\(other.name)' stands in the way of '\(name)'",
        hint: "name it otherwise with --as")
    }
    let count = try bring(objects, oid, into: layout, repository, known)
    try create(name, at: oid, in: repository, layout)
    return count
  }

  /// A file and a directory of one name cannot be.
  private static func collide(_ one: ReferenceName, _ other: ReferenceName) -> Bool {
    let slash = UInt8(ascii: "/")
    return one.bytes.starts(with: other.bytes + [slash]) || other.bytes.starts(with: one.bytes + [slash])
  }

  private func create(
    _ name: ReferenceName, at oid: ObjectID, in repository: Repository, _ layout: CopyLayout
  ) throws {
    do {
      try repository.createReference(name, at: oid, message: "remora: restored")
    } catch {
      switch error.code {
      case .exists:
        throw MirrorError(
          .destinationNotEmpty, "restore into '\(layout.root)': '\(name)' has come meanwhile",
          hint: "name it otherwise with --as")
      case .locked:
        throw MirrorError(
          .destinationLocked, "restore into '\(layout.root)': another program holds the lock of '\(name)'",
          hint: "wait for it to end; if none runs, remove that file")
      default: throw error
      }
    }
    var path = layout.root.appending(String(decoding: name.bytes, as: UTF8.self))
    try files.synchronizeFile(path)
    while path != layout.root {
      path = path.removingLastComponent()
      try files.synchronizeDirectory(path)
    }
  }

  /// Objects that the refs of the repository reach are not sent again, nor trusted: new objects are walked together
  /// with the existing ones.
  private func bring(
    _ objects: ObjectDatabase, _ oid: ObjectID, into layout: CopyLayout, _ repository: Repository, _ known: RefListing
  ) throws -> Int {
    let builder = try builder(objects)
    try builder.insert(reachableFrom: [oid], not: known.map(\.oid).filter(objects.contains))
    guard builder.count > 0 else { return 0 }
    let staging = layout.objects.appending("remora-restore-\(UInt64.random(in: 0...UInt64.max))")
    try files.makeDirectory(staging, permissions: .ownerReadWriteExecute)
    // git's gc does not remove what a crash leaves there, so its name identifies it.
    defer { try? files.removeTree(staging) }
    var indexer = try PackIndexer(stagingDirectory: staging.pathText) { [cancellation] _ in try cancellation.check() }
    try builder.write { try indexer.append($0) }
    guard let pack = try indexer.commit() else { return 0 }
    let database = try repository.objects()
    try database.addPack(indexPath: pack.indexPath)
    try requireWhole(oid, .head, in: database)
    for source in [FilePath(pathText: pack.packPath), FilePath(pathText: pack.indexPath)] {
      try files.synchronizeFile(source)
      guard let name = source.lastComponent else { preconditionFailure("a pack has a name") }
      let target = layout.packs.appending(name)
      // The same name is the same bytes.
      if try files.status(of: target) == nil { try files.link(source, to: target) }
    }
    try files.synchronizeDirectory(layout.packs)
    return pack.objectCount
  }
}
