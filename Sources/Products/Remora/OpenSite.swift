internal import BlobReplication
internal import BoundedHTTP
internal import DurableFiles
internal import EventLog
internal import Foundation
internal import GitTransport
internal import Mirroring
internal import RegistryStore
internal import Replication
internal import RepositoryReplication
internal import SystemPackage
internal import WorkerPool

/// What an open site holds: its lock, its threads, its connections. Given back by `close`, in the order in which one needs another.
final class OpenSite: Sendable {
  let plan: SitePlan
  let directory: StateDirectory
  let features: FeatureFile
  /// Files of the state.
  let storage: WorkerPool
  /// Syncs and readings.
  private let jobs: WorkerPool
  private let transports: Transports
  private let client: BoundedHTTPClient

  /// - Throws: `RegistryStoreError` when the state directory is another process's, or its files cannot be read.
  init(_ plan: SitePlan) async throws {
    self.plan = plan
    let storage = WorkerPool(name: "state", threads: 4, waitingLimit: 100_000)
    do {
      let directory = try await storage.run { _ in try StateDirectory(FilePath(plan.state)) }
      do {
        features = try await FeatureFile.open(directory, pool: storage)
      } catch {
        directory.close()
        throw error
      }
      self.directory = directory
    } catch {
      await storage.shutdown()
      throw error
    }
    self.storage = storage
    jobs = WorkerPool(name: "jobs", threads: 8, waitingLimit: 100_000)
    transports = Transports(configuration: TransportConfiguration())
    client = BoundedHTTPClient()
  }

  func close() async {
    await jobs.shutdown()
    await transports.shutdown()
    await client.shutdown()
    directory.close()
    await storage.shutdown()
  }

  /// The strategy that fits a kind's data type.
  ///
  /// - Throws: `ReplicationError.invalidConfiguration` for a root that is no directory.
  func strategy(of share: SitePlan.Share) throws -> any Strategy {
    guard let resolved = realpath(share.root, nil) else {
      throw ReplicationError.invalidConfiguration("root of '\(share.kind.name)': no directory at '\(share.root)'")
    }
    defer { free(resolved) }
    let root = FilePath(String(cString: resolved))
    let now = plan.environment.now
    if share.kind.dataType == .repository {
      let environment = MirrorEnvironment(
        transports: transports,
        now: { Date(timeIntervalSince1970: now().secondsSince1970) })
      return RepositoryStrategy(
        place: RepositoryPlace(root: root), environment: environment, workers: jobs)
    }
    return BlobStrategy(
      place: BlobPlace(root: root), isMutable: share.kind.isMutable, transport: BlobTransport(client: client),
      workers: jobs, now: now)
  }

  /// From where a secondary fetches one replicable of a share.
  func source(of share: SitePlan.Share) -> @Sendable (ReplicableID) -> SourceAddress {
    if let address = share.address { return { SourceAddress(location: address.url(of: $0)) } }
    let suffix = share.kind.dataType == .repository ? ".git" : ""
    return { SourceAddress(location: "\(share.root)/\($0)\(suffix)") }
  }
}
