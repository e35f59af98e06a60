internal import Git
internal import GitValues
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

/// A pack that is being made, indexed in staging byte by byte as it comes: each object is inflated and hashed, so its index is a
/// proof of what it holds, whichever program made it.
final class StagedPack: PackSink {
  private var indexer: PackIndexer?
  private let watch: IndexerWatch

  init(_ work: HousekeepingWork) throws {
    watch = IndexerWatch(cancellation: work.cancellation, deadline: work.deadline)
    indexer = try PackIndexer(
      stagingDirectory: work.layout.staging.pathText, interruption: watch.interruption
    ) { _ in try work.checkTime() }
  }

  func receive(_ part: UnsafeRawBufferPointer) throws { try indexer?.append(part) }

  /// - Returns: `nil` when the pack had no objects.
  func finish() throws -> IndexedPack? {
    guard let indexer = indexer.take() else { preconditionFailure("the pack has ended") }
    return try indexer.commit()
  }
}
