internal import BlobReplication
internal import BoundedHTTP
internal import Foundation
internal import GitTransport
internal import Mirroring
internal import RegistryStore
internal import Replication
internal import RepositoryReplication
internal import SystemPackage
internal import WorkerPool

/// What an agent holds while it runs: the lock of its state directory, threads, connections. Given back by `close`.
final class AgentState: Sendable {
  let plan: AgentPlan
  let environment: SiteEnvironment
  let directory: StateDirectory
  let features: FeatureFile
  /// Files of the state.
  let storage: WorkerPool
  /// Syncs, readings, listings.
  private let jobs: WorkerPool
  /// Walks over whole directories, which take long and must not hold up a sync.
  private let walks: WorkerPool
  private let transports: Transports
  let http: BoundedHTTPClient
  /// For the agent that this primary has replaced, whose certificate another authority may have signed than those of other hosts.
  let formerHTTP: BoundedHTTPClient?
  let counter = TrendCounter()

  /// - Throws: `RegistryStoreError` when the state directory is another process's, or its files cannot be read.
  init(_ plan: AgentPlan, environment: SiteEnvironment) async throws {
    self.plan = plan
    self.environment = environment
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
    let limits = plan.limits
    // As many again as may wait for hosts that do not answer (`Slots`, `Scheduler`).
    jobs = WorkerPool(
      name: "jobs",
      threads: limits.total + Scheduler.stalledJobs(limits.repositorySyncs)
        + Scheduler.stalledJobs(limits.verifications) + (plan.rosters.isEmpty ? 4 : 64), waitingLimit: 100_000)
    walks = WorkerPool(name: "walks", threads: 2, waitingLimit: 1_000)
    var caFile: String?
    var signer: (any RequestSigner)?
    if case .secondary(let primary?) = plan.role { (caFile, signer) = (primary.caFile, primary.signer) }
    // It reaches the same hosts as before its promotion.
    if plan.isPromoted { caFile = plan.former?.caFile }
    transports = Transports(configuration: Self.configuration(plan, caFile, signer))
    http = BoundedHTTPClient(
      configuration: .init(connectTimeout: plan.transfers.connect, caFile: caFile, idleTimeout: .seconds(60)))
    formerHTTP = plan.former.map { former in
      BoundedHTTPClient(
        configuration: .init(connectTimeout: plan.transfers.connect, caFile: former.caFile, idleTimeout: .seconds(60)))
    }
  }

  private static func configuration(
    _ plan: AgentPlan, _ caFile: String?, _ signer: (any RequestSigner)?
  ) -> TransportConfiguration {
    var configuration = TransportConfiguration()
    configuration.connectTimeout = plan.transfers.connect
    configuration.silenceTimeout = plan.transfers.silence
    configuration.maximumAdvertisedRefs = plan.transfers.advertisedRefs
    configuration.maximumAdvertisementBytes = plan.transfers.advertisementBytes
    configuration.maximumPackBytes = plan.transfers.packBytes
    configuration.connectionsPerHost =
      plan.limits.repositorySyncs + plan.limits.verifications
      + (plan.rosters.isEmpty ? 0 : 2 * Scheduler.stalledJobs(0) + 64)
    configuration.caFile = caFile
    configuration.signer = signer
    plan.sources.configure(&configuration)
    return configuration
  }

  func close() async {
    await jobs.shutdown()
    await walks.shutdown()
    await transports.shutdown()
    await http.shutdown()
    await formerHTTP?.shutdown()
    directory.close()
    await storage.shutdown()
  }

  /// What a strategy of copies needs beyond one of sources.
  struct CopyKeeping {
    let progress: JobProgress
    let hosts: SourceHosts
    let root: RootGuard
    let rules: CopyRules
  }

  /// The strategy that fits a kind's data type.
  ///
  /// - Parameter keeping: of copies; `nil` on a primary.
  /// - Throws: `ReplicationError.invalidConfiguration` for a root that is no directory.
  func strategy(of kind: KindConfiguration, keeping: CopyKeeping? = nil) throws -> any Strategy {
    var strategy = try plainStrategy(of: kind, keeping)
    if let keeping {
      strategy = CopyStrategy(
        name: kind.name, strategy: strategy, root: keeping.root, hosts: keeping.hosts, storage: storage)
    }
    return MeteredStrategy(name: kind.name, strategy: strategy, trend: counter)
  }

  private func plainStrategy(of kind: KindConfiguration, _ keeping: CopyKeeping?) throws -> any Strategy {
    guard let resolved = realpath(kind.root, nil) else {
      throw ReplicationError.invalidConfiguration(
        "root of '\(kind.name)': no directory at '\(kind.root)'; make it, or correct the configuration")
    }
    defer { free(resolved) }
    let root = FilePath(String(cString: resolved))
    let now = environment.now
    if kind.dataType == .repository {
      let environment = MirrorEnvironment(
        transports: transports,
        now: { Date(timeIntervalSince1970: now().secondsSince1970) })
      let (name, progress) = (kind.name, keeping?.progress)
      var limits = MirrorLimits()
      limits.run = plan.transfers.run
      limits.packObjects = plan.transfers.packObjects
      limits.freeBytesToKeep = plan.transfers.freeBytesToKeep
      return RepositoryStrategy(
        place: try place(root, of: name), environment: environment,
        limits: limits, retention: plan.historyAge, rules: keeping?.rules, workers: jobs, walks: walks
      ) { id, step in
        progress?.note(JobKey(name: name, id: id), step)
      }
    }
    var signer: (any RequestSigner)?
    if case .secondary(let primary?) = plan.role { signer = primary.signer }
    return BlobStrategy(
      place: BlobPlace(root: root), isMutable: kind.isMutable, transport: BlobTransport(client: http, signer: signer),
      workers: jobs,
      limits: BlobLimits(
        maximumBytes: plan.transfers.blobBytes, silence: plan.transfers.silence, total: plan.transfers.run,
        freeBytesToKeep: plan.transfers.freeBytesToKeep), now: now)
  }

  /// The sources of a roster.
  func listedRepositories(
    _ name: String, attribute: @escaping ListedRepositories.Attribution
  ) -> ListedRepositories {
    ListedRepositories(
      name, transports: transports, run: plan.transfers.run, workers: jobs, attribute: attribute)
  }

  /// Reads what hosts list that copies are fetched from.
  var hostListing: HostListing {
    HostListing(transports: transports, run: plan.transfers.run, workers: jobs)
  }

  /// The place of a kind's repositories.
  ///
  /// - Parameter root: resolved.
  func place(_ root: FilePath, of name: ReplicableName) throws -> RepositoryPlace {
    var holdsCopies = false
    if case .secondary = plan.role { holdsCopies = true }
    return RepositoryPlace(root: root, allowedRoots: try allowedRoots(of: name), holdsCopies: holdsCopies)
  }

  /// Resolved, as the links' targets are.
  private func allowedRoots(of name: ReplicableName) throws -> [FilePath] {
    try (plan.allowedRoots[name] ?? []).map { path in
      guard let resolved = realpath(path, nil) else {
        throw ReplicationError.invalidConfiguration(
          "allowed_roots of '\(name)': no directory at '\(path)'; make it, or correct the configuration")
      }
      defer { free(resolved) }
      return FilePath(String(cString: resolved))
    }
  }
}
