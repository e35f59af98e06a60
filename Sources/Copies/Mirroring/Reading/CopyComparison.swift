internal import DurableFiles
package import GitTransport
package import GitValues
internal import RefStore
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
  /// The protocol could not tell the source's HEAD, so it was left out on both sides.
  package let headIsUnknown: Bool
  /// Refs that a side shows but that cannot be compared.
  package let brokenInSource: [BrokenRef]
  package let brokenInCopy: [BrokenRef]
  /// The copy's checksum; `nil` when it has broken refs.
  package let checksum: String?
  package let refs: Int

  package var isEqual: Bool { differences.isEmpty && !isBroken }

  /// True when one side has refs that cannot be compared.
  package var isBroken: Bool { !brokenInSource.isEmpty || !brokenInCopy.isEmpty }

  /// Lists the source and reads the copy from disk.
  package static func compare(
    _ source: SourceURL, with copy: FilePath, transports: Transports, cancellation: CancellationFlag, deadline: Deadline
  ) throws(MirrorError) -> CopyComparison {
    do {
      let exclusion = try RepositoryReading.exclusion(of: copy)
      let session = try source.session(transports, cancellation: cancellation, deadline: deadline)
      defer { session.close() }
      return CopyComparison(session.view, try RepositoryReading.view(of: copy), exclusion)
    } catch {
      throw MirrorError(error, destination: copy.string)
    }
  }

  init(_ source: RefView, _ copy: RefView, _ exclusion: RefExclusion) {
    headIsUnknown = source.head == .unknown
    var listed = exclusion.applied(to: source.refs)
    let conflicts = BrokenRef.conflicts(in: listed)
    if !conflicts.isEmpty { listed = listed.without(conflicts.map(\.name)) }
    brokenInCopy = copy.broken
    brokenInSource =
      source.broken.filter { ref in !ref.name.bytes.withUnsafeBytes { exclusion.excludes($0) } } + conflicts
    refs = copy.refs.count
    checksum = copy.broken.isEmpty ? RefsChecksum.sha256.digest(of: copy) : nil
    if !headIsUnknown {
      let lines = (HeadLine(source.head)?.text, HeadLine(copy.head)?.text)
      if lines.0 != lines.1 { differences.append(Difference(name: .head, source: lines.0, copy: lines.1)) }
    }
    // The plan that would make the copy equal is the list of what differs.
    let plan = RefPlan(current: copy.refs, listed: listed, keeping: Set(brokenInSource.map(\.name)))
    differences += plan.changes.map { Difference(name: $0.name, source: $0.new?.hex, copy: $0.old?.hex) }
  }
}
