internal import DurableFiles
internal import Git
internal import GitTransport
internal import SystemPackage

/// Takes a pack from the conversation, byte by byte as it comes, and indexes it in staging.
///
/// libgit2's indexer is the spool: it writes what it is given to a file in staging and hashes it meanwhile. It has no
/// object database, so a thin pack is refused and the endless loop over a duplicate object cannot begin.
final class PackReception: PackSink {
  private var indexer: PackIndexer?
  private let layout: CopyLayout
  private let files: any FileSystemPort
  private let limits: MirrorLimits
  private let passing: (MirrorPhase) -> Void
  private var bytesAtNextDiskCheck = 0
  private let received: ByteCount

  /// Bytes that came so far.
  var bytes: Int { received.value }

  init(
    layout: CopyLayout, environment: MirrorEnvironment, limits: MirrorLimits, checkTime: @escaping () throws -> Void,
    report: @escaping (MirrorProgress) -> Void
  ) throws {
    self.layout = layout
    files = environment.files
    self.limits = limits
    passing = environment.passing
    let received = ByteCount()
    self.received = received
    indexer = try PackIndexer(stagingDirectory: layout.staging.string, maximumObjects: limits.packObjects) { progress in
      try checkTime()
      if progress.receivedObjects < progress.totalObjects {
        report(.receiving(objects: progress.receivedObjects, total: progress.totalObjects, bytes: received.value))
      } else {
        report(.indexing(objects: progress.indexedObjects, total: progress.totalObjects))
      }
    }
  }

  func receive(_ part: UnsafeRawBufferPointer) throws {
    if bytes == 0 { passing(.spooling) }
    received.value += part.count
    if bytes >= bytesAtNextDiskCheck {
      try checkDisk()
      bytesAtNextDiskCheck = bytes + Self.bytesBetweenDiskChecks
    }
    try indexer?.append(part)
  }

  /// Resolves the deltas. `nil` when the pack had no objects.
  func finish() throws -> IndexedPack? {
    passing(.indexing)
    guard let indexer = indexer.take() else { preconditionFailure("the pack has ended") }
    return try indexer.commit()
  }

  /// Twice what has come must fit: while a pack is resolved its index and, at most, appended bases join it.
  private func checkDisk() throws {
    let free = try files.availableBytes(at: layout.root)
    guard free >= limits.freeBytesToKeep + UInt64(Self.bytesBetweenDiskChecks) || limits.freeBytesToKeep == 0 else {
      throw MirrorError(
        .diskFull,
        "receive a pack into '\(layout.root)': only \(free) bytes are free, \(limits.freeBytesToKeep) must stay",
        hint: "free some space or lower the floor with --keep-free; the copy is as it was")
    }
  }

  private static let bytesBetweenDiskChecks = 8 << 20
}

/// A number that the indexer's callback and the reception share; both run on the run's own thread.
private final class ByteCount {
  var value = 0
}
