import BlobReplication
import BoundedHTTP
import Crypto
import DurableFiles
import Foundation
import Replication
import SystemPackage
import TestSupport
import WorkerPool

/// A root for copies with a strategy over it. Real files, real threads, real connections.
final class BlobFixture: Sendable {
  let directory: TemporaryDirectory
  let root: FilePath
  /// Wide, so that tests in parallel do not wait for each other.
  static let workers = WorkerPool(name: "blob tests", threads: 16, waitingLimit: 10_000)
  static let client = BoundedHTTPClient(configuration: .init(connectTimeout: .seconds(10)))
  /// What tests put into tickets.
  static let now = Timestamp(milliseconds: 1_800_000_000_000)

  init() throws {
    directory = try TemporaryDirectory("blobs")
    root = FilePath(directory.path("root"))
    try RealFileSystem().makeDirectory(root, permissions: FilePermissions(rawValue: 0o755))
  }

  func strategy(
    isMutable: Bool = false, limits: BlobLimits = limits(), files: any FileSystemPort = RealFileSystem(),
    digests: DigestCache? = nil, now: Timestamp = now
  ) -> BlobStrategy {
    Self.strategy(root, isMutable: isMutable, limits: limits, files: files, digests: digests, now: now)
  }

  static func strategy(
    _ root: FilePath, isMutable: Bool = false, limits: BlobLimits = limits(),
    files: any FileSystemPort = RealFileSystem(), digests: DigestCache? = nil, now: Timestamp = now
  ) -> BlobStrategy {
    BlobStrategy(
      place: BlobPlace(root: root, files: files), isMutable: isMutable, transport: BlobTransport(client: client),
      workers: workers, limits: limits, digests: digests, now: { now })
  }

  static func limits(silence: Duration = .seconds(30), total: Duration = .seconds(60)) -> BlobLimits {
    BlobLimits(silence: silence, total: total, freeBytesToKeep: 0)
  }

  // MARK: Contents

  /// Returns a file beside the root, to copy from.
  func source(_ bytes: [UInt8], name: String = "source") throws -> SourceAddress {
    SourceAddress(location: try directory.write(bytes: bytes, to: name))
  }

  func path(_ id: String) -> String { root.pushing(FilePath(id)).string }

  func bytes(_ id: String) throws -> [UInt8]? {
    try RealFileSystem().contents(of: FilePath(path(id)), limit: 1 << 30)
  }

  func put(_ bytes: [UInt8], at id: String) throws { try directory.write(bytes: bytes, to: "root/\(id)") }

  /// Returns every name below the root but the trash, with the parts and the directories.
  func names() throws -> [String] {
    let walk = try FileManager.default.subpathsOfDirectory(atPath: root.string)
    return walk.filter { !$0.hasPrefix(".remora-trash") }.sorted()
  }

  /// Returns reproducible bytes.
  static func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return generator.bytes(count)
  }

  static func checksum(_ bytes: [UInt8]) -> Checksum { Checksum(sha256: SHA256.hash(data: bytes)) }
}

/// Returns the error that a call throws; a failure of the test when it throws none.
func strategyError(_ body: () async throws -> Void) async throws -> StrategyError {
  do {
    try await body()
  } catch let error as StrategyError {
    return error
  }
  throw TestSupportError("nothing was thrown")
}
