package import DurableFiles
internal import Git
package import GitTransport
package import GitValues
package import RefStore
package import SystemPackage
package import WorkerPool

/// Compares a copy with what its source advertises now, ref by ref. Writes nothing.
package struct CopyComparison: Sendable {
  /// A ref that differs; `nil` where a side does not have it.
  package struct Difference: Hashable, Sendable {
    package let name: ReferenceName
    package let source: String?
    package let copy: String?
  }

  package private(set) var differences: [Difference] = []
  /// The protocol did not transfer the source's HEAD, so it was left out on both sides.
  package let headIsUnknown: Bool
  /// Refs that a side shows but that cannot be compared.
  package let brokenInSource: [BrokenRef]
  package let brokenInCopy: [BrokenRef]
  /// The copy's checksum; `nil` when it has broken refs.
  package let checksum: String?
  package let refs: Int

  /// What the source lists for refs that differ, each once; of many the first `maximumTips`.
  let tipsOfDifferences: [ObjectID]
  /// Tips that are asked for: about 200 KB of request.
  private static let maximumTips = 4_096
  /// A tip on which both sides agree.
  let equalTip: ObjectID?

  package var isEqual: Bool { differences.isEmpty && !isBroken }

  /// True when one side has refs that cannot be compared.
  package var isBroken: Bool { !brokenInSource.isEmpty || !brokenInCopy.isEmpty }

  /// Lists the source and reads the copy from disk. Where they differ, the source is asked whether it can send what it
  /// lists.
  package static func compare(
    _ source: SourceURL, with copy: FilePath, transports: Transports, cancellation: CancellationFlag, deadline: Deadline
  ) throws(MirrorError) -> CopyComparison {
    do {
      let exclusion = try RepositoryReading.exclusion(of: copy)
      let session = try source.session(transports, cancellation: cancellation, deadline: deadline)
      defer { session.close() }
      let held = try RepositoryReading.view(of: copy)
      let comparison = CopyComparison(session.view, held, exclusion)
      let tips = comparison.tipsOfDifferences
      guard !tips.isEmpty else { return comparison }
      let readability = TipReadability(haves: held.refs.prefix(256).map(\.oid)) {
        try source.session(transports, cancellation: cancellation, deadline: deadline)
      }
      let lost = try readability.unreadable(among: tips, control: comparison.equalTip)
      return lost.isEmpty ? comparison : CopyComparison(session.view, held, exclusion, lost: lost)
    } catch {
      throw MirrorError(error, "verify", copy.string)
    }
  }

  /// - Parameter lost: tips that the source lists but cannot send, with the reason.
  init(_ source: RefView, _ copy: RefView, _ exclusion: RefExclusion, lost: [ObjectID: String] = [:]) {
    headIsUnknown = source.head == .unknown
    var listed = exclusion.applied(to: source.refs)
    var unreadable: [BrokenRef] = []
    if !lost.isEmpty {
      unreadable = listed.compactMap { entry in lost[entry.oid].map { BrokenRef(name: entry.name, reason: $0) } }
      listed = listed.without(unreadable.map(\.name))
    }
    let conflicts = BrokenRef.conflicts(in: listed)
    if !conflicts.isEmpty { listed = listed.without(conflicts.map(\.name)) }
    brokenInCopy = copy.broken
    brokenInSource =
      source.broken.filter { ref in !ref.name.bytes.withUnsafeBytes { exclusion.excludes($0) } } + conflicts
      + unreadable
    refs = copy.refs.count
    checksum = copy.broken.isEmpty ? RefsChecksum.sha256.digest(of: copy) : nil
    if !headIsUnknown {
      let lines = (HeadLine(source.head)?.text, HeadLine(copy.head)?.text)
      if lines.0 != lines.1 { differences.append(Difference(name: .head, source: lines.0, copy: lines.1)) }
    }
    // The plan that would make the copy equal is the list of what differs.
    let plan = RefPlan(current: copy.refs, listed: listed, keeping: Set(brokenInSource.map(\.name)))
    let changed = Set(plan.changes.lazy.compactMap(\.new))
    tipsOfDifferences = Array(Set(plan.changes.lazy.compactMap(\.new).prefix(Self.maximumTips)))
    equalTip = copy.refs.lazy.map(\.oid).first { !changed.contains($0) }
    differences += plan.changes.map { Difference(name: $0.name, source: $0.new?.hex, copy: $0.old?.hex) }
  }
}

/// Reads the ref view of any repository on this machine, a copy or not, without changing it.
package enum RepositoryReading {
  /// The complete view, hidden refs included. A working repository's `.git` is found by itself.
  ///
  /// - Throws: `MirrorError` where the directory is no repository, not ours to read, or of a format that libgit2 1.5.1 cannot
  ///   hold. A repository that can be read but has broken refs is no error: see `RefView.broken`.
  package static func view(
    of path: FilePath, through files: any FileSystemPort = RealFileSystem()
  ) throws(MirrorError) -> RefView {
    do {
      let root = try files.status(of: path.appending(".git"))?.kind == .directory ? path.appending(".git") : path
      _ = try Repository.openBare(at: root.pathText)
      return try RefReader(repository: root, files: files).view()
    } catch let error as GitError where error.code == .notARepository || error.code == .notFound {
      throw MirrorError(
        .notARepository, "read '\(path)': not a git repository", hint: "name the directory that holds HEAD")
    } catch {
      throw MirrorError(error, "read", path.string)
    }
  }

  /// Whether a repository has all of these objects, reachable or not.
  package static func holds(_ oids: [ObjectID], in path: FilePath) throws(MirrorError) -> Bool {
    do {
      let objects = try Repository.openBare(at: path.pathText).objects()
      return oids.allSatisfy { objects.contains($0) }
    } catch {
      throw MirrorError(error, "read", path.string)
    }
  }

  /// The rules by which a copy leaves out refs; none for a repository that is no copy.
  package static func exclusion(of path: FilePath) throws(MirrorError) -> RefExclusion {
    do {
      return RefExclusion(try Repository.openBare(at: path.pathText).configuration.strings("remora.excluderef"))
    } catch {
      throw MirrorError(error, "read", path.string)
    }
  }
}
