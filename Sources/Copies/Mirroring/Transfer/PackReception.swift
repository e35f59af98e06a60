internal import DurableFiles
package import Git
internal import GitTransport
internal import GitValues
internal import SystemPackage
package import WorkerPool

/// Takes a pack from the conversation, byte by byte as it comes, and indexes it in staging.
///
/// libgit2's indexer is the spool: it writes what it is given to a file in staging and hashes it meanwhile. It has no
/// object database, so a thin pack is refused and the endless loop over a duplicate object cannot begin.
final class PackReception: PackSink {
  private var indexer: PackIndexer?
  private let watch: IndexerWatch
  private let checkTime: () throws -> Void
  private let layout: CopyLayout
  private let files: any FileSystemPort
  private let limits: MirrorLimits
  private let passing: (MirrorPhase) -> Void
  private var bytesAtNextDiskCheck = 0
  private let received: ReceivedPart

  /// Bytes that came so far.
  var bytes: Int { received.bytes }

  init(_ run: MirrorRun, into layout: CopyLayout) throws {
    self.layout = layout
    files = run.files
    limits = run.request.limits
    passing = run.environment.passing
    checkTime = run.checkTime
    watch = IndexerWatch(cancellation: run.cancellation, deadline: run.deadline)
    let report = run.report
    let received = ReceivedPart()
    self.received = received
    indexer = try PackIndexer(
      stagingDirectory: layout.staging.pathText, maximumObjects: limits.packObjects, interruption: watch.interruption
    ) { progress in
      try run.checkTime()
      (received.objects, received.totalObjects) = (progress.receivedObjects, progress.totalObjects)
      if progress.receivedObjects < progress.totalObjects {
        report(.receiving(objects: progress.receivedObjects, total: progress.totalObjects, bytes: received.bytes))
      } else {
        report(.indexing(objects: progress.indexedObjects, total: progress.totalObjects))
      }
    }
  }

  func receive(_ part: UnsafeRawBufferPointer) throws {
    if bytes == 0 { passing(.spooling) }
    received.bytes += part.count
    if bytes >= bytesAtNextDiskCheck {
      try checkDisk()
      bytesAtNextDiskCheck = bytes + Self.bytesBetweenDiskChecks
    }
    do {
      try indexer?.append(part)
    } catch {
      throw try reason(for: error)
    }
  }

  /// Resolves the deltas. `nil` when the pack had no objects.
  func finish() throws -> IndexedPack? {
    passing(.indexing)
    guard let indexer = indexer.take() else { preconditionFailure("the pack has ended") }
    do {
      return try indexer.commit()
    } catch {
      throw try reason(for: error)
    }
  }

  /// An indexer that was stopped from outside says only that; why is asked of the run.
  private func reason(for error: any Error) throws -> any Error {
    if let error = error as? GitError, error.code == .interrupted { try checkTime() }
    return error
  }

  /// The estimated remainder must fit, and leave the floor free.
  private func checkDisk() throws {
    guard limits.freeBytesToKeep > 0 else { return }
    let free = try files.availableBytes(at: layout.root)
    let forecast = PackForecast(
      receivedObjects: received.objects, totalObjects: received.totalObjects, bytes: received.bytes
    ).remainingBytes
    let needed = max(forecast, UInt64(Self.bytesBetweenDiskChecks))
    let (wanted, overflow) = limits.freeBytesToKeep.addingReportingOverflow(needed)
    guard !overflow, free >= wanted else {
      throw MirrorError(
        .diskFull,
        "receive a pack into '\(layout.root)': only \(free) bytes are free, about \(needed) more are to come, and"
          + " \(limits.freeBytesToKeep) must stay",
        hint: "free some space or lower the floor with --keep-free; the copy is as it was")
    }
  }

  private static let bytesBetweenDiskChecks = 8 << 20
}

/// How much has arrived: set by the indexer's callback and by the reception, both on the run's own thread.
private final class ReceivedPart {
  var bytes = 0
  var objects = 0
  var totalObjects = 0
}

/// Stops an indexer from outside when the run is cancelled or has no time left.
///
/// The progress callback asks for both, but a hostile pack can keep libgit2 busy between two callbacks for minutes.
/// Ends with the object that owns it.
package final class IndexerWatch {
  package let interruption: IndexerInterruption
  private let registration: CancellationFlag.Registration
  private let alarm: Task<Void, Never>

  package init(cancellation: CancellationFlag, deadline: Deadline) {
    let interruption = IndexerInterruption()
    self.interruption = interruption
    registration = cancellation.onRaise { interruption.interrupt() }
    alarm = Task {
      do {
        try await TimedWait.sleep(until: deadline)
      } catch {
        return  // the pack was indexed in time
      }
      interruption.interrupt()
    }
  }

  deinit {
    registration.remove()
    alarm.cancel()
  }
}

/// Estimates the disk space that a pack will still need while it is received.
///
/// The size of its index is known as soon as the header is: gitformat-pack(5), version 2: for each object its id, a
/// checksum and an offset. The remainder of the pack is estimated from the received part, once a quarter of the objects
/// is received. Git sends commits and trees before blobs and deltas after their bases, so the later objects are larger
/// than the mean, and the estimate is low.
struct PackForecast {
  let receivedObjects: Int
  let totalObjects: Int
  /// Bytes of the pack that have come.
  let bytes: Int

  /// The index's header, fan-out and trailers.
  private static let indexBytes = 8 + 4 * 256 + 2 * 20
  /// An id, a CRC-32, an offset.
  private static let indexBytesAnObject = 20 + 4 + 4

  /// Bytes of the index, and of the part of the pack that has not come, as far as anything can be said.
  var remainingBytes: UInt64 {
    guard totalObjects > 0 else { return 0 }
    let index = UInt64(Self.indexBytes) + UInt64(totalObjects) * UInt64(Self.indexBytesAnObject)
    guard receivedObjects < totalObjects, receivedObjects >= totalObjects / 4, receivedObjects > 0 else { return index }
    let left = Double(bytes) / Double(receivedObjects) * Double(totalObjects - receivedObjects)
    return index + UInt64(left)
  }
}
