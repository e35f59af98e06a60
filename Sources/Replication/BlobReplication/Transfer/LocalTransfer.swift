import DurableFiles
import Replication
import SystemPackage
import WorkerPool

/// Brings one file of this machine into a part. Blocks its thread.
struct LocalTransfer {
  let source: FilePath
  let part: PartFile
  let limits: BlobLimits
  let directories: DirectoryKeeper
  let cancellation: CancellationFlag
  let deadline: Deadline
  let operation: String

  /// A file that changes while it is read is read again; after so many times it is left for later.
  static let attempts = 3

  /// - Returns: the part, with bytes that the source had all at one time.
  func run() throws -> PartWriter {
    let writer = try PartWriter(beginning: part, limits: limits, directories)
    for attempt in 1...Self.attempts {
      let file = try open()
      if attempt > 1 { try writer.restart() }
      let before = try file.stamp()
      try writer.requireRoom(total: UInt64(clamping: before.size), trying: operation)
      let size = try FileDigest.forEachPiece(of: file, cancellation: cancellation) { bytes in
        guard !deadline.hasPassed else {
          throw StrategyError(
            .limitExceeded, trying: operation, "it was not over within \(limits.total)", hint: "allow more time")
        }
        try writer.append(bytes, trying: operation)
      }
      if try file.stamp() == before, size == before.size { return writer }
    }
    throw StrategyError(
      .sourceBusy, trying: operation, "the file changed each of the \(Self.attempts) times that it was read",
      hint: "it is tried again later")
  }

  private func open() throws -> OpenFile {
    do {
      return try OpenFile(source)
    } catch {
      switch error.code {
      case .noSuchFileOrDirectory, .notDirectory:
        throw StrategyError(
          .missingOnPrimary, trying: operation, error.description,
          hint: "check the address of the kind if the file is there")
      case .tooManySymbolicLinkLevels:
        throw StrategyError(
          .sourceRefused, trying: operation, "it is a symbolic link", hint: "name the file that it leads to")
      case .invalidArgument, .noSuchAddressOrDevice:
        throw StrategyError(
          .sourceRefused, trying: operation, "it is not a regular file", hint: "exclude it from the kind")
      default: throw error
      }
    }
  }
}
