package import DurableFiles
package import Foundation
internal import Git
package import GitValues
package import Mirroring
internal import RefStore
package import SystemPackage
package import WorkerPool

/// Makes a new bare repository that is what a copy was at a moment: refs, HEAD, and all objects that the copy has.
///
/// It grows beside its place and becomes visible by one rename when everything in it was walked and is durable. A crash leaves
/// nothing, or `.remora-NAME`, which the next restore to the same place sweeps. The copy is only read.
package struct RepositoryRestoration {
  /// What came of it.
  package struct Outcome: Sendable {
    /// When the change happened that made the copy so.
    package let since: Date
    package let refs: Int
    package let head: String?
    /// Refs that the copy had and that are not in the new repository.
    package let lost: [LostRef]
    /// Refs whose value at the moment is not certain, see `CopyMoment`.
    package let uncertain: [ReferenceName]
  }

  private let copy: FilePath
  private let destination: FilePath
  private let files: any FileSystemPort
  private let cancellation: CancellationFlag
  private let report: (Int) -> Void

  /// - Parameters:
  ///   - destination: absent, or an empty directory.
  ///   - report: receives how many objects were checked.
  package init(
    of copy: FilePath, into destination: FilePath, through files: any FileSystemPort = RealFileSystem(),
    cancellation: CancellationFlag, report: @escaping (Int) -> Void = { _ in }
  ) {
    self.copy = copy
    self.destination = destination
    self.files = files
    self.cancellation = cancellation
    self.report = report
  }

  /// - Throws: `MirrorError`, also when none of the refs can be restored.
  package func execute(at moment: Date, now: Date) throws(MirrorError) -> Outcome {
    do {
      return try restore(CopyMoment.read(copy, at: moment, now: now, through: files))
    } catch {
      throw translated(error)
    }
  }

  private func translated(_ error: any Error) -> MirrorError {
    switch error {
    case is LockError:
      MirrorError(.busy, "restore into '\(destination)': \(error)", hint: "another restore works there")
    case is Cancelled: MirrorError(.cancelled, "restore into '\(destination)': \(error)", hint: "nothing was made")
    default: MirrorError(error, "restore into", destination.string)
    }
  }

  private func restore(_ moment: CopyMoment) throws -> Outcome {
    let creation = CopyCreation(destination: destination, files: files)
    guard let (lock, made) = try creation.begin(wait: .zero, cancellation: cancellation) else {
      throw MirrorError(
        .destinationNotEmpty, "restore into '\(destination)': something is there already", hint: "name a new directory")
    }
    defer { lock.release() }
    do {
      let head = moment.head ?? Array("ref: refs/heads/main".utf8)
      try creation.layOut(configuration: Self.configuration, head: head + [UInt8(ascii: "\n")])
      let layout = creation.building
      try ObjectTransplant(
        source: CopyLayout(root: copy), target: layout, files: files, checkpoint: { try cancellation.check() }
      ).run()
      let (refs, lost) = try whole(moment.refs, in: layout)
      if refs.isEmpty, let first = lost.first {
        throw MirrorError(
          .momentUnknown,
          "restore '\(copy)': nothing of it is left, object \(first.missing) of '\(first.name)' is missing, and all others",
          hint: "its retention has passed, or it is damaged: run 'remora check'")
      }
      try StagedFile.write(PackedRefs.serialize(refs), to: layout.packedRefs, through: files)
      try creation.finish(made: made)
      // Of the making, not of the repository; a crash here leaves an empty directory in it.
      try files.removeTree(CopyLayout(root: destination).own)
      return Outcome(
        since: moment.since, refs: refs.count, head: moment.head.map { String(decoding: $0, as: UTF8.self) },
        lost: lost,
        uncertain: moment.uncertain)
    } catch {
      creation.abandon(made: made)
      throw error
    }
  }

  /// The refs of which nothing is missing, with what their tags lead to, and those that have lost something.
  private func whole(_ refs: RefListing, in layout: CopyLayout) throws -> (RefListing, [LostRef]) {
    let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    var walk = CompleteWalk(objects) { [cancellation, report] count in
      try cancellation.check()
      report(count)
    }
    var found = RefListing()
    var lost: [LostRef] = []
    for ref in refs {
      if let gap = try walk.gap(below: ref.oid) {
        lost.append(LostRef(name: ref.name, oid: ref.oid, missing: gap.oid))
      } else {
        let peeled = try objects.peel(ref.oid)
        found.append(name: ref.name, oid: ref.oid, peeled: peeled == ref.oid ? nil : peeled)
      }
    }
    return (found, lost)
  }

  private static let configuration = Array(
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n".utf8)
}

/// A ref that could not be restored because something of it is no longer there.
package struct LostRef: Hashable, Sendable {
  package let name: ReferenceName
  /// What it pointed at.
  package let oid: ObjectID
  /// The first object that is missing; the tip itself, or what it leads to.
  package let missing: ObjectID
}
