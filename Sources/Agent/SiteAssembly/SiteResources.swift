internal import BlobReplication
package import BoundedHTTP
internal import Foundation
internal import GitTransport
internal import Mirroring
package import RegistryStore
package import Replication
package import RepositoryReplication
package import SystemPackage
package import WorkerPool

/// What an open site holds beside its stores: the lock of its state directory, threads, connections.
///
/// `with` opens and closes it; stores and strategies come from `openPrimary`, `openSecondary` and `strategy`.
package final class SiteResources: Sendable {
  /// The plan that was opened.
  package let plan: SitePlan
  /// The clock and the random source.
  package var environment: SiteEnvironment { plan.environment }
  /// The state directory, owned by this process.
  package let directory: StateDirectory
  /// The feature flags.
  package let features: FeatureFile
  /// Threads for files of the state.
  package let storage: WorkerPool
  /// The client of everything but Git transfers.
  package let http: BoundedHTTPClient
  /// Threads for syncs, readings, listings.
  private let jobs: WorkerPool
  /// Threads for walks over whole directories, which take long and must not delay a sync.
  private let walks: WorkerPool
  private let transports: Transports

  /// Owns the state directory of a plan for as long as `body` runs.
  ///
  /// - Throws: `ReplicationError` for two kinds of one name; `RegistryStoreError` when the state directory is another
  ///   process's, or its files cannot be read; and what `body` throws. Nothing is left open.
  package static func with<Answer: Sendable>(
    _ plan: SitePlan, _ body: (SiteResources) async throws -> Answer
  ) async throws -> Answer {
    let resources = try await SiteResources(plan)
    do {
      let answer = try await body(resources)
      await resources.close()
      return answer
    } catch {
      await resources.close()
      throw error
    }
  }

  private init(_ plan: SitePlan) async throws {
    self.plan = plan
    var names: Set<ReplicableName> = []
    for kind in plan.kinds where !names.insert(kind.name).inserted {
      throw ReplicationError.duplicateName(kind.name)
    }
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
    let settings = plan.settings
    jobs = WorkerPool(name: "jobs", threads: settings.jobThreads, waitingLimit: 100_000)
    walks = WorkerPool(name: "walks", threads: 2, waitingLimit: 1_000)
    transports = Transports(configuration: settings.transport)
    http = BoundedHTTPClient(configuration: .init(connectTimeout: settings.transfers.connect, caFile: settings.caFile))
  }

  /// Closes what one part needs of another in that order; no job may run any more.
  private func close() async {
    await jobs.shutdown()
    await walks.shutdown()
    await transports.shutdown()
    await http.shutdown()
    directory.close()
    await storage.shutdown()
  }

  // MARK: Strategies

  /// Makes the strategy that fits a kind's data type.
  ///
  /// - Parameters:
  ///   - holdsCopies: the root has copies of a secondary.
  ///   - care: the maintenance of copies.
  /// - Throws: `ReplicationError.invalidConfiguration` for a root that is no directory.
  func strategy(
    of kind: KindPlan, holdsCopies: Bool, care: CopyCare? = nil
  ) async throws -> any Strategy {
    guard let root = Self.resolved(kind.root) else {
      throw ReplicationError.invalidConfiguration(
        "root of '\(kind.name)': no directory at '\(kind.root)'; make it, or correct the configuration")
    }
    let (settings, now) = (plan.settings, plan.environment.now)
    guard kind.dataType == .repository else {
      return BlobStrategy(
        place: BlobPlace(root: root), isMutable: kind.kind.isMutable,
        transport: BlobTransport(client: http, signer: settings.signer), workers: jobs, limits: settings.blobLimits,
        now: now)
    }
    let environment = MirrorEnvironment(
      transports: transports, now: { Date(timeIntervalSince1970: TimeInterval(now().milliseconds) / 1_000) })
    return RepositoryStrategy(
      place: try place(of: kind, at: root, holdsCopies: holdsCopies), environment: environment,
      limits: settings.mirrorLimits, retention: settings.historyAge, rules: try await rules(of: kind, care),
      workers: jobs, walks: walks
    ) { [name = kind.name] id, progress in
      care?.progress(name, id, SyncStep(progress: progress))
    }
  }

  /// Returns the place of a kind's repositories.
  ///
  /// - Parameter root: resolved.
  /// - Throws: `ReplicationError.invalidConfiguration` for an allowed root that is no directory.
  package func place(of kind: KindPlan, at root: FilePath, holdsCopies: Bool) throws -> RepositoryPlace {
    let allowed = try kind.allowedRoots.map { path in
      guard let resolved = Self.resolved(path) else {
        throw ReplicationError.invalidConfiguration(
          "allowed_roots of '\(kind.name)': no directory at '\(path)'; make it, or correct the configuration")
      }
      return resolved
    }
    return RepositoryPlace(root: root, allowedRoots: allowed, holdsCopies: holdsCopies)
  }

  /// Follows links; `nil` where nothing is.
  package static func resolved(_ path: String) -> FilePath? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return FilePath(String(cString: resolved))
  }

  /// Makes the strategy of repositories that a list names and other hosts hold.
  ///
  /// - Parameters:
  ///   - name: of the list, for errors.
  ///   - attribute: decides whose failure a failed listing is.
  package func listedRepositories(
    _ name: String, attribute: @escaping ListedRepositories.Attribution
  ) -> ListedRepositories {
    ListedRepositories(
      name, transports: transports, run: plan.settings.transfers.run, workers: jobs, attribute: attribute)
  }

  /// Reads what hosts list that copies are fetched from.
  package var hostListing: HostListing {
    HostListing(transports: transports, run: plan.settings.transfers.run, workers: jobs)
  }
}

/// The same bounds in the words of each transfer.
extension SiteSettings {
  var transport: TransportConfiguration {
    var configuration = TransportConfiguration()
    configuration.connectTimeout = transfers.connect
    configuration.silenceTimeout = transfers.silence
    configuration.maximumAdvertisedRefs = transfers.advertisedRefs
    configuration.maximumAdvertisementBytes = transfers.advertisementBytes
    configuration.maximumPackBytes = transfers.packBytes
    configuration.connectionsPerHost = connectionsPerHost
    configuration.caFile = caFile
    configuration.signer = signer
    credentials.configure(&configuration)
    return configuration
  }

  var mirrorLimits: MirrorLimits {
    var limits = MirrorLimits()
    limits.run = transfers.run
    limits.packObjects = transfers.packObjects
    limits.freeBytesToKeep = transfers.freeBytesToKeep
    return limits
  }

  var blobLimits: BlobLimits {
    BlobLimits(
      maximumBytes: transfers.blobBytes, silence: transfers.silence, total: transfers.run,
      freeBytesToKeep: transfers.freeBytesToKeep)
  }
}
